//! `apply.sh` of the Gateway API: puts the rules of a folder into the route and waits until every
//! Gateway has accepted them.

use std::fmt::Write as _;

use super::gateway_api::Gateway;
use super::shell::quote;
use super::yaml::one_line;
use super::{EmittedFile, Form, Job};

/// The script; `full` are the folders in which the old version answers nobody.
pub fn script(job: &Job<'_>, gateway: &Gateway<'_>, copies: bool, full: &[&str]) -> EmittedFile {
    let mut text = String::from("#!/bin/sh\n");
    let what = "puts a leg into the place of the one before, and waits until every Gateway has taken it over";
    let head = job.head("said once, the same for every leg");
    for line in [what.to_string()].iter().chain(&head) {
        let _ = writeln!(text, "# {}", one_line(line));
    }
    let namespace = gateway.namespace.as_ref();
    let namespace = namespace.map_or(String::new(), |name| format!("--namespace={name}"));
    let (old, new) = (&gateway.old.service, &gateway.new.service);
    let put = match job.form {
        Form::Patch => {
            "k patch httproute \"$route\" --type=merge --patch-file \"$1/40-route.yaml\""
        }
        Form::Standalone => "k apply -f \"$1/40-route.yaml\"",
    };
    let _ = write!(
        text,
        r#"# usage: apply.sh FOLDER, or apply.sh --check
# KUBECTL says how kubectl is started, with its options; default: kubectl
# exit: 0 taken over; 1 not, and the rules of before are back; 2 the route was not changed
set -eu
route={route}
old={old}
new={new}
kubectl=${{KUBECTL:-kubectl}}
# how long the new pods, and then the Gateways, may take, in seconds
patience=${{PATIENCE:-600}}

k() {{
  $kubectl {namespace} "$@"
}}

put() {{
  {put}
}}

# What has to answer in a folder.
needed() {{
  case $1 in
    back) echo "$old" ;;
"#,
        route = quote(&gateway.route.name),
        old = quote(old),
        new = quote(new),
        namespace = quote(&namespace),
    );
    for folder in full {
        let _ = writeln!(text, "    {}) echo \"$new\" ;;", quote(folder));
    }
    text.push_str("    *) echo \"$old $new\" ;;\n  esac\n}\n\n# What has to be there before anybody meets the new version.\nready() {\n");
    let running = match &gateway.stack {
        Some(stack) => format!(
            "  [ -n \"$(k get pods --selector={} --field-selector=status.phase=Running -o name)\" ] || stop {} 2\n",
            quote(&stack.labels(&job.roll.from_id.value)),
            quote(&format!(
                "no pod with {} runs; nothing was changed",
                stack.labels(&job.roll.from_id.value)
            )),
        ),
        None => {
            "  answers \"$old\" || stop \"Service $old has no ready endpoint; nothing was changed\" 2\n".into()
        }
    };
    text.push_str(&running);
    if job.form == Form::Patch {
        text.push_str("  k get httproute \"$route\" -o name >/dev/null || stop \"HTTPRoute $route is not there; nothing was changed\" 2\n");
    }
    if copies {
        // a cluster with an older definition drops the share without a word, and copies everything
        text.push_str("  k explain httproute.spec.rules.filters.requestMirror.percent >/dev/null 2>&1 || stop \"the HTTPRoute of this cluster knows no share of copies, and would copy every request: Gateway API v1.3 does; nothing was changed\" 2\n");
    }
    text.push_str("}\n");
    text.push_str(APPLY);
    EmittedFile {
        path: "apply.sh".into(),
        text,
        executable: true,
    }
}

const APPLY: &str = r#"
stop() {
  echo "$1" >&2
  exit "$2"
}

answers() {
  case " $(k get endpointslices --selector="kubernetes.io/service-name=$1" -o 'jsonpath={.items[*].endpoints[*].conditions.ready}') " in
    *" true "*) return 0 ;;
    *) return 1 ;;
  esac
}

# Waits until a command succeeds.
until_done() {
  waited=0
  until "$@"; do
    [ "$waited" -lt "$patience" ] || return 1
    waited=$((waited + 2))
    sleep 2
  done
}

# Every Gateway says of this very text that it is accepted, and that its Services are there.
taken_over() {
  generation=$(k get httproute "$route" -o 'jsonpath={.metadata.generation}')
  said=$(k get httproute "$route" -o 'jsonpath={range .status.parents[*].conditions[*]}{.type}={.status}@{.observedGeneration}{"\n"}{end}')
  for type in Accepted ResolvedRefs; do
    printf '%s\n' "$said" | grep -qxF "$type=True@$generation" || return 1
    printf '%s\n' "$said" | grep "^$type=" | grep -qvxF "$type=True@$generation" && return 1
  done
  return 0
}

[ "$#" -eq 1 ] || stop "usage: apply.sh FOLDER, or apply.sh --check" 2
if [ "$1" = --check ]; then
  ready
  exit 0
fi
set -- "${1%/}"
[ -r "$1/40-route.yaml" ] || stop "$1/40-route.yaml is not there; nothing was changed" 2
case " $(needed "$1") " in
  *" $new "*) ready ;;
esac

# what is new comes first, and answers before anybody is sent to it
for file in 10-services.yaml 20-workload.yaml; do
  [ ! -e "$1/$file" ] || k apply -f "$1/$file"
done
if [ -e "$1/20-workload.yaml" ]; then
  k rollout status "deployment/$new" --timeout="${patience}s" || stop "the pods of $new did not become ready; the route was not changed" 2
fi
for service in $(needed "$1"); do
  until_done answers "$service" || stop "Service $service has no ready endpoint; the route was not changed" 2
done

before=$(k get httproute "$route" -o 'jsonpath={.spec.rules}' 2>/dev/null || true)
if ! put "$1" || ! until_done taken_over; then
  [ -z "$before" ] || k patch httproute "$route" --type=merge --patch "{\"spec\":{\"rules\":$before}}"
  stop "HTTPRoute $route was not taken over with $1; the rules of before are back" 1
fi
if [ -e "$1/50-service.yaml" ]; then
  k patch -f "$1/50-service.yaml" --type=merge --patch-file "$1/50-service.yaml"
fi
"#;
