#!/bin/sh
# Runs in the pod of the smoke test: compiles a vector addition for the GPU that the pod has, and adds on it.
set -eu
PATH="$PATH:/opt/rocm/bin:/opt/rocm/llvm/bin"
cd "$HOME"
cat >add.hip <<'SOURCE'
#include <hip/hip_runtime.h>
#include <cstdio>
#include <cstdlib>

__global__ void add(const float *a, const float *b, float *sum, int count) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < count) sum[i] = a[i] + b[i];
}

static void check(hipError_t error, const char *step) {
  if (error == hipSuccess) return;
  std::fprintf(stderr, "%s: %s\n", step, hipGetErrorString(error));
  std::exit(1);
}

int main() {
  const int count = 1 << 16;
  static float a[count], b[count], sum[count];
  for (int i = 0; i < count; i++) a[i] = i, b[i] = 2 * i;
  float *da, *db, *dsum;
  check(hipMalloc(&da, sizeof a), "hipMalloc");
  check(hipMalloc(&db, sizeof b), "hipMalloc");
  check(hipMalloc(&dsum, sizeof sum), "hipMalloc");
  check(hipMemcpy(da, a, sizeof a, hipMemcpyHostToDevice), "hipMemcpy");
  check(hipMemcpy(db, b, sizeof b, hipMemcpyHostToDevice), "hipMemcpy");
  add<<<count / 256, 256>>>(da, db, dsum, count);
  check(hipGetLastError(), "add");
  check(hipMemcpy(sum, dsum, sizeof sum, hipMemcpyDeviceToHost), "hipMemcpy");
  for (int i = 0; i < count; i++) {
    if (sum[i] != 3.0f * i) {
      std::fprintf(stderr, "the GPU adds wrongly at %d\n", i);
      return 1;
    }
  }
  std::puts("the GPU has added two vectors");
  return 0;
}
SOURCE
hipcc --offload-arch=native -o add add.hip
./add
