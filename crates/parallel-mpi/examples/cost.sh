#!/bin/sh
# The steps of cost.rs and ddp.py in turn, three times: sh cost.sh PYTHON, of a release build of the example `cost`.
set -e
here=$(dirname "$0")
cost=${CARGO_TARGET_DIR:-$here/../target}/release/examples/cost
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
for round in 1 2 3; do
  echo "round $round"
  mpirun -n 2 --bind-to core "$cost" 1
  echo "the same, messages copied through shared memory"
  mpirun -n 2 --bind-to core --mca btl_vader_single_copy_mechanism none "$cost" 1
  "$1" "$here/ddp.py" 2 1
  "$cost" 2
  "$1" "$here/ddp.py" 1 2
done
