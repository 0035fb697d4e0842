#!/usr/bin/env bash
# Removes what apt can fetch again: packages nobody needs any more, downloaded archives, and the lists, which age.
set -euo pipefail

apt-get -o DPkg::Lock::Timeout=600 autoremove --purge --yes
apt-get clean
rm -rf /var/lib/apt/lists/*
