# Functions for each store that bench/run and bench/compare measure: its title, its server, the bare loop, the instance.
# They source this file and define the variables that it uses.

titleOf() {
  case $1 in
    sqlite) echo "SQLite, records in the same file" ;;
    redis) echo "Redis without persistence, records as PHP leptir's keys" ;;
    redis-everysec) echo "Redis with AOF everysec, records as PHP leptir's keys" ;;
    redis-hashed) echo "Redis without persistence, records in a hash a minute" ;;
    mongodb) echo "MongoDB (a mongod where there is one, else FerretDB over PostgreSQL)" ;;
    sqs) echo "Amazon SQS (the emulator of the tests), records in an SQLite file" ;;
  esac
}

# How many of $2 tasks a round takes on the store $1: fewer where the bare loop does some thousands a second.
tasksOn() { case $1 in mongodb) echo $(($2 / 10)) ;; sqs) echo $(($2 / 20)) ;; *) echo "$2" ;; esac; }

layoutOf() { case $1 in *-hashed) echo hashed ;; *) echo plain ;; esac; }

startServer() {
  case $1 in
    sqlite) ;;
    mongodb) startMongodb ;;
    sqs) startSqs ;;
    *) startRedis "$1" ;;
  esac
}

# Starts the program $1, which prints the address of its store as the last of $2 lines and ends with its standard input.
# Sets the variable uri.
startProgram() {
  rm -f "$folder/server.in"
  mkfifo "$folder/server.in"
  : >"$folder/server.out"
  "$build/$1" <"$folder/server.in" >"$folder/server.out" &
  server=$!
  exec 3>"$folder/server.in"
  until [ "$(wc -l <"$folder/server.out")" = "$2" ]; do
    kill -0 "$server"
    sleep 0.05
  done
  uri=$(tail -n 1 "$folder/server.out")
}

# Starts the emulator of Amazon SQS of the tests, and makes it warm: its code is compiled while it runs. Each instance
# gets a file for its records.
startSqs() {
  startProgram sqs_server 1
  "$build/bare_sqs" 20000 "$uri" >/dev/null
  rm -rf "$folder"/records*
  cat > "$folder/store.yaml" <<YAML
leptir:
  brokers:
    - { type: sqs, connection: { sqs_queue: "$uri", region: us-east-1, sqs_key: AKIDBENCH, sqs_secret: secret } }
  meta_storage:
    - { type: sqlite, connection: { path: "$folder/records.db" }, configuration: { expire_after_seconds: 86400 } }
YAML
}

# Starts the MongoDB server of the tests.
startMongodb() {
  startProgram mongodb_server 2
  cat > "$folder/store.yaml" <<YAML
leptir:
  brokers:
    - { type: mongodb, connection: { uri: "$uri" } }
  meta_storage:
    - { type: mongodb, connection: { uri: "$uri" }, configuration: { expire_after_seconds: 86400 } }
YAML
}

# Starts a redis-server that is reached by a socket in the temporary folder only.
startRedis() {
  case $1 in
    *-everysec) persistence="--appendonly yes --appendfsync everysec" ;;
    *) persistence="--appendonly no" ;;
  esac
  rm -rf "$folder/redis"
  mkdir -p "$folder/redis"
  # shellcheck disable=SC2086
  redis-server --port 0 --unixsocket "$folder/redis/socket" --dir "$folder/redis" --save '' $persistence >/dev/null &
  server=$!
  until redis-cli -s "$folder/redis/socket" ping >/dev/null 2>&1; do sleep 0.05; done
  cat > "$folder/store.yaml" <<YAML
leptir:
  brokers:
    - { type: redis, connection: { scheme: unix, path: $folder/redis/socket } }
  meta_storage:
    - { type: redis, connection: { scheme: unix, path: $folder/redis/socket, layout: $(layoutOf "$1") }, configuration: { expire_after_seconds: 86400 } }
YAML
}

stopServer() {
  [ -z "$server" ] && return
  exec 3>&-
  case $store in mongodb | sqs) ;; *) kill "$server" 2>/dev/null || true ;; esac
  wait "$server" 2>/dev/null || true
  server=""
}

# Prints the CPU time of the server for each task, in microseconds; 0 if the store has no server, or it does not say.
serverCpu() {
  case $store in sqlite | mongodb | sqs) echo 0 && return ;; esac
  redis-cli -s "$folder/redis/socket" info cpu | tr -d '\r' |
    awk -F: -v tasks="$tasks" '/^used_cpu_(sys|user):/ { sum += $2 } END { print sum * 1e6 / tasks }'
}

# Deletes the $1 waiting tasks; prints the bytes that the server frees for each, and the length of one envelope.
memoryAWaitingTask() {
  redis() { redis-cli -s "$folder/redis/socket" "$@" | tr -d '\r'; }
  used() { redis info memory | sed -n 's/^used_memory://p'; }
  envelope=$(redis zrange leptir:ztasks 0 0 | wc -c)
  before=$(used)
  redis del leptir:ztasks '{leptir:ztasks}:ids' >/dev/null
  echo "$(((before - $(used)) / $1)) $((envelope - 1))"
}

bareLoop() {
  case $1 in
    sqlite) rm -f "$folder"/bare*; "$build/bare_loop" "$tasks" "$folder/bare.db" ;;
    mongodb) "$build/bare_mongodb" "$tasks" "$uri" ;;
    sqs) "$build/bare_sqs" "$tasks" "$uri" ;;
    *) "$build/bare_redis" "$tasks" "$folder/redis/socket" "$(layoutOf "$1")" ;;
  esac
}

# Runs `leptir bench` (of $program, if that is set) on the store $1; further arguments go to `leptir bench`.
instance() {
  config=""
  [ "$1" = sqlite ] || config="--config=$folder/store.yaml"
  shift
  # shellcheck disable=SC2086
  "${program:-$build/leptir}" bench --json --tasks="$tasks" $config "$@"
}
