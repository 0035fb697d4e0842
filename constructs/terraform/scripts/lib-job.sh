# shellcheck shell=sh
# Waits for Jobs that prove something. What is sourced with it: . "$(dirname "$0")/lib-job.sh"
#
# PATIENCE  seconds for what is broken to mend by itself
# TIMEOUT   seconds for the Job

# The condition that holds of a Job: Complete or Failed.
state_of_job() { kube 30 get job "$1" --namespace="$2" --output='jsonpath={.status.conditions[?(@.status=="True")].type}' 2>/dev/null || true; }
last_lines_of_pods() { kube 30 describe pods --namespace="$2" --selector=job-name="$1" 2>&1 | tail -n 5; }
# Prints what the pods of a Job say of why it failed.
failure_of_job() {
  last_lines_of_pods "$1" "$2"
  kube 30 logs job/"$1" --namespace="$2" --tail=20 2>&1
}

# Waits until the Job of a namespace has completed. Otherwise $broken says why not, which `broken_link JOB` of the script prints
# while something keeps the Job from completing: wait_for_job storage-test-write storage-test
wait_for_job() {
  deadline=$(deadline_in "$TIMEOUT")
  settled=$(deadline_in "$PATIENCE")
  broken=
  while :; do
    case "$(state_of_job "$1" "$2")" in
      *Complete*) return ;;
      *Failed*)
        broken="the Job $1 failed: $(failure_of_job "$1" "$2")"
        return 1
        ;;
    esac
    found=$(broken_link "$1" 2>/dev/null || true)
    if [ "$found" != "$broken" ]; then
      broken=$found
      settled=$(deadline_in "$PATIENCE")
    fi
    # What stays broken is told at once, whatever else there would be to wait for.
    if [ -n "$broken" ] && past "$settled"; then return 1; fi
    if past "$deadline"; then break; fi
    sleep 2
  done
  [ -n "$broken" ] || broken="the Job $1 did not end within $TIMEOUT seconds: $(last_lines_of_pods "$1" "$2")"
  return 1
}
