#!/bin/sh
# Runs in the pod of the smoke test: encodes a second of video with the media engine of the GPU that the pod has.
set -eu
PATH="$PATH:/usr/lib/jellyfin-ffmpeg"
set -- /dev/dri/renderD*
vainfo --display drm --device "$1"
# From Arc A on, GPUs have the low-power encoder alone, which ffmpeg takes only if told to; older ones may lack it.
encode() {
  ffmpeg -hide_banner -loglevel warning -vaapi_device "$device" -f lavfi -i testsrc2=duration=1:size=640x480:rate=30 \
    -vf format=nv12,hwupload -c:v h264_vaapi -low_power "$1" -f null -
}
device=$1
encode 0 || encode 1
printf 'the GPU has encoded a video\n'
