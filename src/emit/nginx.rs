//! NGINX: a file for `http { }` for each leg.
//!
//! Buckets are monotone: the new version takes the low end of the hash of who asks, so that whoever
//! met it goes on meeting it while its share rises. `split_clients` knows neither 0 % nor 100 %,
//! so these are written as what they are. Strings of a `map` are matched without regard to case, so
//! every value of a request is a regular expression.

use std::fmt::Write as _;

use crate::model::Sticky;
use crate::units::Percent;

use super::EmittedFile;
use super::proxy::{Engine, LegText, Proxy, Uses, Version};
use super::shell::quote;
use super::traffic::Test;
use super::yaml::one_line;

/// NGINX.
pub const ENGINE: Engine = Engine {
    title: "NGINX",
    folder: |_| "/etc/nginx/conf.d".into(),
    listens: false,
    leg,
    fixed,
    notes,
};

fn notes(proxy: &Proxy, uses: Uses) -> Vec<String> {
    let mut notes = Vec::new();
    if uses.copies {
        notes.push("a kept connection takes its next request only when the copy of the last was answered, or given up after 5 seconds".into());
    }
    if proxy.listen.is_none() {
        notes.push(format!(
            "when the first files are in place, put include locations.conf into the server block that takes the requests of {}",
            proxy.service
        ));
    }
    notes.push(format!(
        "{}/{}.conf has to be included in http, as the packages of NGINX do with conf.d",
        proxy.folder, proxy.service
    ));
    let named = [&proxy.old, &proxy.new]
        .iter()
        .any(|version| version.servers.iter().any(|server| server.is_name()));
    if named {
        notes.push("NGINX looks names of servers up when it reads a leg, and not again".into());
    }
    notes
}

/// A prefix for the names of variables.
fn variable(proxy: &Proxy, what: &str) -> String {
    format!("${}_{what}", proxy.service.replace('-', "_"))
}

/// A text as one word of the configuration. What NGINX makes of `$` in it depends on where it
/// stands, so texts of a plan stand only where it means itself.
fn word(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The text as a regular expression that matches it alone.
fn literal(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if c.is_ascii() && !c.is_ascii_alphanumeric() {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// The variable that holds a header.
fn header(name: &str) -> String {
    format!("$http_{}", name.to_ascii_lowercase().replace('-', "_"))
}

fn comment(out: &mut String, text: &str) {
    let _ = writeln!(out, "# {}", one_line(text));
}

fn upstream(out: &mut String, version: &Version) {
    let _ = writeln!(out, "upstream {} {{", version.name);
    for server in &version.servers {
        let _ = writeln!(out, "    server {server};");
    }
    out.push_str("    keepalive 32;\n}\n\n");
}

fn leg(proxy: &Proxy, leg: &LegText<'_>) -> Vec<(&'static str, String)> {
    let mut out = String::new();
    for line in &leg.head {
        comment(&mut out, line);
    }
    comment(&mut out, "in http { }; put there by apply.sh");
    out.push('\n');
    upstream(&mut out, &proxy.old);
    upstream(&mut out, &proxy.new);
    shares(&mut out, proxy, leg);
    let copied = leg.traffic.mirror > Percent::ZERO;
    // locations of somebody else's server block ask for it in every leg
    if copied || (leg.copies && proxy.listen.is_none()) {
        copies(&mut out, proxy, leg);
    }
    let _ = writeln!(
        out,
        "map $http_upgrade {} {{\n    \"\" \"\";\n    default upgrade;\n}}\n",
        variable(proxy, "connection"),
    );
    if let Some(listen) = &proxy.listen {
        let _ = writeln!(out, "server {{\n    listen {listen};");
        out.push_str("    # how large a request may be is for the service to say\n");
        out.push_str("    client_max_body_size 0;\n\n");
        for line in locations(proxy, copied).lines() {
            let indent = if line.is_empty() { "" } else { "    " };
            let _ = writeln!(out, "{indent}{line}");
        }
        out.push_str("}\n\n");
    }
    comment(&mut out, "which leg was taken over, for apply.sh");
    let _ = writeln!(
        out,
        "server {{\n    listen {};\n    server_name switchback-{};\n    access_log off;\n\n    \
         location = /leg {{\n        default_type text/plain;\n        return 200 \"{}\\n\";\n    }}\n}}",
        proxy.admin, proxy.service, leg.id,
    );
    vec![("http.conf", out)]
}

/// The variables that say which version answers.
fn shares(out: &mut String, proxy: &Proxy, leg: &LegText<'_>) {
    let traffic = &leg.traffic;
    let (old, new) = (&proxy.old.name, &proxy.new.name);
    let routed = !traffic.routes.is_empty();
    let version = variable(proxy, "version");
    let by_share = if routed {
        variable(proxy, "by_share")
    } else {
        version.clone()
    };
    if traffic.share == Percent::ZERO || traffic.share >= Percent::FULL {
        let all = if traffic.share == Percent::ZERO {
            old
        } else {
            new
        };
        let _ = writeln!(
            out,
            "map $request_id {by_share} {{\n    default {all};\n}}\n"
        );
    } else {
        let user = user(out, proxy, traffic.sticky);
        let share = traffic.share;
        let _ = writeln!(
            out,
            "# the new version takes the low end, so that nobody leaves it while its share rises\n\
             split_clients \"{} {user}\" {by_share} {{\n    {share} {new};\n    * {old};\n}}\n",
            proxy.plan,
        );
    }
    if !routed {
        return;
    }
    let mut before = "\"\"".to_string();
    for (number, route) in traffic.routes.iter().enumerate() {
        let now = variable(proxy, &format!("routed_{}", number + 1));
        comment(out, &route.says);
        let (source, pattern) = match &route.test {
            Test::Header(name, values) => {
                let values: Vec<String> = values.iter().map(|value| literal(value)).collect();
                let any = match values.as_slice() {
                    [only] => only.clone(),
                    several => format!("(?:{})", several.join("|")),
                };
                (header(name), format!("~^{any}$"))
            }
            Test::Cookie(name, value) => (
                "$http_cookie".to_string(),
                format!("~(?:^|; *){}={}(?:;|$)", literal(name), literal(value)),
            ),
        };
        let _ = writeln!(
            out,
            "map {source} {now} {{\n    {} 1;\n    default {before};\n}}\n",
            word(&pattern),
        );
        before = now;
    }
    let _ = writeln!(
        out,
        "map {before} {version} {{\n    1 {new};\n    default {by_share};\n}}\n"
    );
}

/// The variable that tells a user; who has no sign of being one is a new user with each request.
fn user(out: &mut String, proxy: &Proxy, sticky: Option<&Sticky>) -> String {
    let user = variable(proxy, "user");
    match sticky {
        None => return "$request_id".into(),
        Some(Sticky::Ip) => return "$remote_addr".into(),
        Some(Sticky::Header(name)) => {
            let source = header(name);
            let _ = writeln!(
                out,
                "map {source} {user} {{\n    \"\" $request_id;\n    default {source};\n}}\n"
            );
        }
        Some(Sticky::Cookie(name)) => {
            let pattern = format!("~(?:^|; *){}=(?<switchback_cookie>[^;]+)", literal(name));
            let _ = writeln!(
                out,
                "map $http_cookie {user} {{\n    {} $switchback_cookie;\n    default $request_id;\n}}\n",
                word(&pattern),
            );
        }
    }
    user
}

/// The variable that says whether a request is copied.
fn copies(out: &mut String, proxy: &Proxy, leg: &LegText<'_>) {
    let traffic = &leg.traffic;
    let copy = variable(proxy, "copy");
    let by_share = if traffic.routes.is_empty() {
        copy.clone()
    } else {
        variable(proxy, "copy_by_share")
    };
    if traffic.mirror == Percent::ZERO || traffic.mirror >= Percent::FULL {
        let all = if traffic.mirror == Percent::ZERO {
            "\"\""
        } else {
            "1"
        };
        let _ = writeln!(
            out,
            "map $request_id {by_share} {{\n    default {all};\n}}\n"
        );
    } else {
        let _ = writeln!(
            out,
            "split_clients \"copy $request_id\" {by_share} {{\n    {} 1;\n    * \"\";\n}}\n",
            traffic.mirror,
        );
    }
    if by_share != copy {
        let routed = variable(proxy, &format!("routed_{}", traffic.routes.len()));
        let _ = writeln!(
            out,
            "map {routed} {copy} {{\n    1 \"\";\n    default {by_share};\n}}\n"
        );
    }
}

/// The locations that pass requests on.
fn locations(proxy: &Proxy, copies: bool) -> String {
    let mut out = String::from("location / {\n");
    let pass = format!(
        "    proxy_http_version 1.1;\n    proxy_set_header Host $http_host;\n    \
         proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;\n    \
         proxy_set_header Upgrade $http_upgrade;\n    proxy_set_header Connection {};\n",
        variable(proxy, "connection")
    );
    let mirror = format!("/switchback-copy-{}", proxy.service);
    if copies {
        let _ = writeln!(out, "    mirror {mirror};");
    }
    let _ = writeln!(
        out,
        "    proxy_pass http://{};\n{pass}}}",
        variable(proxy, "version")
    );
    if copies {
        // a connection waits for the copies of its requests, so a copy may not take long
        let _ = writeln!(
            out,
            "\nlocation = {mirror} {{\n    internal;\n    access_log off;\n    \
             if ({} = \"\") {{\n        return 204;\n    }}\n    \
             # the connection takes its next request only when the copy was answered\n    \
             proxy_connect_timeout 1s;\n    proxy_read_timeout 5s;\n    \
             proxy_pass http://{}$request_uri;\n{pass}}}",
            variable(proxy, "copy"),
            proxy.new.name,
        );
    }
    out
}

fn fixed(proxy: &Proxy, head: Vec<String>, copies: bool) -> Vec<EmittedFile> {
    let mut files = Vec::new();
    if proxy.listen.is_none() {
        let mut text = String::new();
        for line in &head {
            comment(&mut text, line);
        }
        comment(&mut text, "in the server block that takes the requests");
        text.push_str(&locations(proxy, copies));
        files.push(EmittedFile {
            path: "locations.conf".into(),
            text,
            executable: false,
        });
    }
    let mut text = String::from("#!/bin/sh\n");
    comment(
        &mut text,
        "puts a leg into the place of the one before, and waits until NGINX has taken it over",
    );
    for line in &head {
        comment(&mut text, line);
    }
    let _ = write!(
        text,
        r#"# usage: apply.sh FOLDER, or apply.sh --check
# NGINX says how the program is started, with its options; default: nginx
# exit: 0 taken over; 1 not, and what was there before is back; 2 nothing was changed
set -eu
live={live}
service={service}
admin={admin}
nginx=${{NGINX:-nginx}}
"#,
        live = quote(&format!("{}/{}.conf", proxy.folder, proxy.service)),
        service = quote(&proxy.service),
        admin = quote(&proxy.admin.to_string()),
    );
    text.push_str(APPLY);
    files.push(EmittedFile {
        path: "apply.sh".into(),
        text,
        executable: true,
    });
    files
}

const APPLY: &str = r#"
stop() {
  echo "$1" >&2
  exit "$2"
}

# What was there before, or nothing where nothing was.
put_back() {
  if [ -e "$live.before" ]; then mv -- "$live.before" "$live"; else rm -f -- "$live"; fi
}

taken_over() {
  tries=0
  until [ "$(curl -fsS --max-time 5 -H "Host: switchback-$service" "http://$admin/leg" 2>/dev/null)" = "$leg" ]; do
    tries=$((tries + 1))
    [ "$tries" -lt 50 ] || return 1
    sleep 0.2
  done
}

command -v curl >/dev/null 2>&1 || stop "curl is not installed; nothing was changed" 2
[ "$#" -eq 1 ] || stop "usage: apply.sh FOLDER, or apply.sh --check" 2
[ -w "$(dirname -- "$live")" ] || stop "$(dirname -- "$live") is no folder that can be written; nothing was changed" 2
$nginx -t -q || stop "what NGINX reads now is not in order; nothing was changed" 2
[ "$1" != --check ] || exit 0
[ -r "$1/http.conf" ] || stop "$1/http.conf is not there; nothing was changed" 2
leg=$(sed -n 's/^ *return 200 "\([a-z0-9/-]*\)\\n";$/\1/p' "$1/http.conf")

rm -f -- "$live.before"
[ ! -e "$live" ] || cp -p -- "$live" "$live.before"
cp -- "$1/http.conf" "$live.new"
mv -- "$live.new" "$live"
if ! $nginx -t -q; then
  put_back
  stop "NGINX refuses $1; what was there before is back" 1
fi
if ! $nginx -s reload || ! taken_over; then
  put_back
  $nginx -s reload || true
  stop "NGINX did not take $1 over; what was there before is back" 1
fi
rm -f -- "$live.before"
# for a moment the workers of before still take connections
sleep 1
"#;
