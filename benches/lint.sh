#!/bin/sh
# Checks generated manifests and migrations without a plan, and compares the time with that of squawk on
# the same SQL plus that of kubernetes-validate on the same YAML. Prints a Markdown table.
#
#   benches/lint.sh [MANIFESTS]     1000 manifests with five times as many migrations
#
# Both tools are installed from PyPI in a folder that is gone afterwards. Times are the least of three
# runs; close what else runs on the machine.
set -eu
cd "$(dirname "$0")/.."
count=${1:-1000}
cargo build --quiet --release --bin switchback
case ${CARGO_TARGET_DIR:-target} in
/*) switchback=$CARGO_TARGET_DIR/release/switchback ;;
*) switchback=$PWD/${CARGO_TARGET_DIR:-target}/release/switchback ;;
esac
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

generate() { # MANIFESTS FOLDER
    mkdir -p "$2/deploy" "$2/db/migrations"
    awk -v count="$1" -v folder="$2" '
    function deployment(i, file) {
        file = sprintf("%s/deploy/web-%d.yaml", folder, i)
        printf "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web-%d\n  labels: {app: web-%d}\nspec:\n  replicas: 3\n  selector:\n    matchLabels: {app: web-%d}\n  template:\n    metadata:\n      labels: {app: web-%d}\n    spec:\n      terminationGracePeriodSeconds: 45\n      containers:\n        - name: web\n          image: registry.example.com/web@sha256:%064d\n          ports: [{name: http, containerPort: 8080}]\n          readinessProbe: {httpGet: {path: /ready, port: http}}\n          livenessProbe: {httpGet: {path: /live, port: http}}\n          lifecycle: {preStop: {sleep: {seconds: 15}}}\n---\napiVersion: v1\nkind: Service\nmetadata:\n  name: web-%d\nspec:\n  selector: {app: web-%d}\n  ports: [{port: 80, targetPort: http}]\n", i, i, i, i, i, i, i > file
        close(file)
    }
    function migration(i, up, down, name) {
        name = sprintf("%s/db/migrations/%06d_m", folder, i)
        if (i % 4 == 1) {
            up = sprintf("CREATE TABLE t%d (id bigint PRIMARY KEY, name text NOT NULL", i)
            if (i > 4) up = up sprintf(", p bigint REFERENCES t%d (id)", i - 4)
            up = up ");"
            down = sprintf("DROP TABLE t%d;", i)
        } else if (i % 4 == 2) {
            up = sprintf("SET lock_timeout = %c2s%c;\nALTER TABLE t%d ADD COLUMN note text;", 39, 39, i - 1)
            down = sprintf("ALTER TABLE t%d DROP COLUMN note;", i - 1)
        } else if (i % 4 == 3) {
            up = sprintf("CREATE INDEX CONCURRENTLY t%d_name ON t%d (name);", i - 2, i - 2)
            down = sprintf("DROP INDEX CONCURRENTLY t%d_name;", i - 2)
        } else {
            up = sprintf("ALTER TABLE t%d ADD CONSTRAINT c%d CHECK (name <> %c%c) NOT VALID;", i - 3, i, 39, 39)
            down = sprintf("ALTER TABLE t%d DROP CONSTRAINT c%d;", i - 3, i)
        }
        print up > (name ".up.sql"); close(name ".up.sql")
        print down > (name ".down.sql"); close(name ".down.sql")
    }
    BEGIN {
        for (i = 1; i <= count; i++) deployment(i)
        for (i = 1; i <= 5 * count; i++) migration(i)
    }'
}

# the least of three runs, in milliseconds; what the command finds is no failure
least() { # COMMAND...
    best=
    for _ in 1 2 3; do
        from=$(date +%s%N)
        "$@" >"$folder/out" 2>&1 || true
        took=$((($(date +%s%N) - from) / 1000000))
        if [ -z "$best" ] || [ "$took" -lt "$best" ]; then best=$took; fi
    done
    echo "$best"
}

# processor time for each second that passes, of the last run
cores() { # COMMAND...
    bash -c 'TIMEFORMAT="%U %S %R"; time "$@" >/dev/null 2>&1' bash "$@" 2>&1 |
        awk 'NF == 3 { printf "%.2f", ($1 + $2) / $3 }'
}

generate "$count" "$folder/whole"
generate $((count / 2)) "$folder/half"
python3 -m venv "$folder/tools"
"$folder/tools/bin/pip" install --quiet squawk-cli kubernetes-validate

whole=$(least "$switchback" check "$folder/whole" --format concise)
half=$(least "$switchback" check "$folder/half" --format concise)
used=$(cores "$switchback" check "$folder/whole" --format concise)
printf '%s\n' "$folder"/whole/db/migrations/*.up.sql >"$folder/sql"
printf '%s\n' "$folder"/whole/deploy/*.yaml >"$folder/yaml"
squawk=$(least xargs -a "$folder/sql" "$folder/tools/bin/squawk")
tail -n 1 "$folder/out" | cut -c1-200 >"$folder/squawk"
validate=$(least xargs -a "$folder/yaml" "$folder/tools/bin/kubernetes-validate")
tail -n 1 "$folder/out" | cut -c1-200 >"$folder/validate"

echo "| $count manifests and $((5 * count)) migrations | |"
echo "| --- | --- |"
echo "| switchback check | $whole ms |"
echo "| half as many files | $half ms ($(awk "BEGIN { printf \"%.2f\", $whole / $half }") times for twice the files) |"
echo "| cores used | $used |"
echo "| squawk, the SQL | $squawk ms |"
echo "| kubernetes-validate, the YAML | $validate ms |"
echo "| both to switchback | $(awk "BEGIN { printf \"%.1f\", ($squawk + $validate) / $whole }") times |"
echo
echo "squawk said last: $(cat "$folder/squawk")"
echo "kubernetes-validate said last: $(cat "$folder/validate")"
