#!/bin/sh
# watchdog: run a server for as long as its parent lives, then leave nothing behind.
# stdin   a pipe whose write end only the parent holds: end-of-file means stop
# stdout  one line, the server's process id; end-of-file means the server has ended
# Must lead a process group of its own: it ends by killing that group.
# $1      directory to remove at the end, holds the log     $2...  the server's command line
directory=$1
shift
PATH=$PATH:/usr/bin:/bin

# Descriptor 9 is the server's copy of our stdout: closed by its death, however it dies.
"$@" </dev/null 9>&1 >"$directory/server.log" 2>&1 &
server=$!
# A parent that is dead already reads no line, and must not end us before we end the server.
trap '' PIPE
echo "$server"
exec >/dev/null 2>&1

trap : HUP INT TERM
read -r _

# SIGTERM flushes the AOF. SIGKILL after a second loses no acknowledged write: it is in the kernel.
kill -TERM "$server"
(
  sleep 1
  rm -rf "$directory"
  kill -KILL 0
) &
wait "$server"
rm -rf "$directory"
# Our process group: the subshell above, its sleep, and a rewrite the server may have left.
kill -KILL 0
