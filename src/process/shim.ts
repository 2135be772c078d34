/**
 * The shim: the few lines of POSIX sh that stand between skep and a child, and that survive skep. It claims the run, runs
 * the child in the foreground (`cmd &` would leave SIGINT ignored in it) in a session of its own (a SIGKILL of its group
 * must not take the exit status along), and writes `exit`. The child is a subshell first, which writes down its own pid: a
 * second sh in its place would cost a fifth of a spawn. It tries again to open a stdin that it feeds: in busybox a
 * signal, such as that of the closer's end, interrupts the opening. Its variables are SKEP_*: others would overwrite the caller's.
 *
 * Arguments: folder of the run, stdin (none, text, open), umask, folder of the agent, id, root, mark, the child's argv.
 */
import type { Tools } from "./tools.ts";

/** Steps of the shim (1, 2, 6 to 8) and of its subshell (3 to 5) at which a fault test can stop it. */
export type ShimStep = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;
export interface ShimOptions {
  readonly tools: Tools;
  /** Closes descriptors that the runtime passed on: some runtimes do, and a child must get none of ours. */
  readonly closeDescriptors?: boolean;
  readonly stopAt?: ShimStep;
}

export function shimScript({ tools, closeDescriptors = false, stopAt }: ShimOptions): string {
  const { shell, setsid, tail, mkfifo, sleep, rm } = tools;
  // busybox would leave SIGQUIT ignored in the child; what is caught is reset by exec.
  // The stop is looked for after `child` was written: whoever is second, this or the one who stops, sees the other.
  const text = `umask 077; SKEP_d=$1 SKEP_in=$2; shift 2
trap : HUP INT QUIT TERM
${closeDescriptors && shell.kind === "bash" ? CLOSE : ""}SKEP_field() { shift 19; SKEP_s=$1; }
SKEP_start() { read -r SKEP_s </proc/$1/stat; set -f; SKEP_field \${SKEP_s##*) }; }
SKEP_start $$
#1#set -C; { echo "shim $$ $SKEP_s" >"$SKEP_d/claim"; } 2>/dev/null || exit 75; set +C
#2#SKEP_run() {
  read -r SKEP_s </proc/self/stat; SKEP_c=\${SKEP_s%% *}; #3#SKEP_field \${SKEP_s##*) }
  echo "$SKEP_c $SKEP_s" >"$SKEP_d/child" || exit 75
  #4#[ -e "$SKEP_d/stop" ] && exit 143
  #5#cd "$2" || exit 126
  umask "$1"; trap : QUIT
  export SKEP_AGENT_ID="$3" SKEP_ROOT="$4" SKEP_RUN="$5"; shift 5
  case $1 in */*);; *) command -v "$1" >/dev/null || { echo "$1: not found" >&2; exit 127; };; esac
  exec ${setsid} -- "$@"
}
case $SKEP_in in
open) ${mkfifo} "$SKEP_d/p" || { echo 75 >"$SKEP_d/exit"; exit 75; }
  ${sleep} 2147483647 >/dev/null 2>&1 & SKEP_c=$!
  SKEP_start $SKEP_c; echo "$SKEP_c $SKEP_s" >"$SKEP_d/feed"
  ${tail} -c +1 -s 0.1 --pid=$SKEP_c -f "$SKEP_d/in" >"$SKEP_d/p" 2>/dev/null &
  #6#SKEP_rc=
  for SKEP_try in 1 2 3 4 5; do
    [ "$SKEP_rc" ] || { (SKEP_run "$@") >>"$SKEP_d/out" 2>>"$SKEP_d/err"; SKEP_rc=$?; } <"$SKEP_d/p"
  done 2>/dev/null
  [ "$SKEP_rc" ] || { SKEP_rc=75; kill $!; }
  kill $SKEP_c; ${rm} -f "$SKEP_d/p";;
text) #7#(SKEP_run "$@") <"$SKEP_d/in" >>"$SKEP_d/out" 2>>"$SKEP_d/err"; SKEP_rc=$?;;
*) #7#(SKEP_run "$@") </dev/null >>"$SKEP_d/out" 2>>"$SKEP_d/err"; SKEP_rc=$?;;
esac
#8#echo "$SKEP_rc" >"$SKEP_d/exit"`;
  return text.replaceAll(/#(\d)#/g, (_match, step: string) =>
    Number(step) === stopAt ? `kill -STOP ${[3, 4, 5].includes(stopAt) ? "$SKEP_c" : "$$"}; ` : "",
  );
}

const CLOSE = `for SKEP_f in /proc/$$/fd/*; do SKEP_f=\${SKEP_f##*/}; [ $SKEP_f -gt 2 ] && [ $SKEP_f != 255 ] && eval "exec $SKEP_f>&-"; done
`;
