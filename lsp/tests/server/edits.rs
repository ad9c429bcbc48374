//! What the server holds is what the client has, after any edits.

use serde_json::json;

use crate::client::{Client, byte};

/// Pieces of text: syntax, line ends of all three kinds, characters of one to four bytes.
const PIECES: [&str; 16] = [
    "service web {",
    "}",
    "\n",
    "\r\n",
    "\r",
    "  weight 5% -> 25%",
    "é",
    "한국",
    "😀",
    "𝒳𝒴",
    "\"",
    "#",
    "",
    "step a { hold 1h }",
    "\u{feff}",
    "\t",
];

/// A sequence of numbers that is the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % bound.max(1)
    }
}

/// Where a line of the protocol ends: at `\n`, `\r\n` or `\r`.
fn lines(text: &str) -> Vec<(usize, usize)> {
    let bytes = text.as_bytes();
    let (mut all, mut start, mut at) = (Vec::new(), 0, 0);
    while at < bytes.len() {
        let length = match bytes[at] {
            b'\r' if bytes.get(at + 1) == Some(&b'\n') => 2,
            b'\r' | b'\n' => 1,
            _ => 0,
        };
        if length > 0 {
            all.push((start, at));
            start = at + length;
        }
        at += length.max(1);
    }
    all.push((start, bytes.len()));
    all
}

/// A position at a random character, with its byte.
fn place(text: &str, numbers: &mut Numbers, is_utf8: bool) -> (serde_json::Value, usize) {
    let lines = lines(text);
    let number = numbers.below(lines.len());
    let (start, end) = lines[number];
    let line = &text[start..end];
    let stop = numbers.below(line.chars().count() + 1);
    let before: String = line.chars().take(stop).collect();
    let column = match is_utf8 {
        true => before.len(),
        false => before.encode_utf16().count(),
    };
    (
        json!({ "line": number, "character": column }),
        start + before.len(),
    )
}

fn random_edits(count: usize, is_utf8: bool) {
    let encodings =
        json!({ "general": { "positionEncodings": [if is_utf8 { "utf-8" } else { "utf-16" }] } });
    let (mut client, announced) = Client::start_as(&[], encodings);
    assert_eq!(
        announced["positionEncoding"],
        if is_utf8 { "utf-8" } else { "utf-16" }
    );
    let mut mirror = String::from("service web {\n  traffic 10/s # 😀\n}\n");
    client.open("main.swb", &mirror);
    let mut numbers = Numbers(20_261_121);
    let mut version = 1;
    let mut done = 0;
    while done < count {
        let mut changes = Vec::new();
        for _ in 0..1 + numbers.below(4) {
            if mirror.len() > 4_000 {
                mirror = "😀 start again\n".to_string();
                changes.push(json!({ "text": mirror }));
            }
            let (one, one_byte) = place(&mirror, &mut numbers, is_utf8);
            let (other, other_byte) = match numbers.below(3) {
                0 => (one.clone(), one_byte),
                _ => place(&mirror, &mut numbers, is_utf8),
            };
            let text = PIECES[numbers.below(PIECES.len())];
            let (start, end) = match one_byte <= other_byte {
                true => (&one, &other),
                false => (&other, &one),
            };
            changes.push(json!({ "range": { "start": start, "end": end }, "text": text }));
            let range = one_byte.min(other_byte)..one_byte.max(other_byte);
            mirror.replace_range(range, text);
            done += 1;
        }
        version += 1;
        client.change("main.swb", version, json!(changes));
        assert_eq!(client.held("main.swb"), mirror, "after {done} edits");
    }
    // the findings of the last text are those that come at last
    client.published("main.swb", Some(version));
}

#[test]
fn some_random_edits_in_both_encodings() {
    random_edits(400, false);
    random_edits(400, true);
}

#[test]
#[ignore = "ten thousand edits take a while; `./tests/run` asks for them"]
fn ten_thousand_random_edits() {
    random_edits(10_000, false);
}

#[test]
fn a_thousand_changes_are_applied_in_their_order() {
    let mut client = Client::start(&[]);
    client.open("main.swb", "");
    let mut expected = String::new();
    for number in 0..1_000 {
        let at = json!({ "line": 0, "character": expected.len() });
        let text = format!("{number} ");
        client.change(
            "main.swb",
            number + 2,
            json!([{ "range": { "start": at, "end": at }, "text": text }]),
        );
        expected.push_str(&text);
    }
    assert_eq!(client.held("main.swb"), expected);
}

#[test]
fn columns_count_as_agreed() {
    let text = "# é😀 note\nservice web {\n  trafic 10/s # 😀\n}\n";
    let client = Client::start(&[]);
    assert_eq!(byte(text, &json!({ "line": 0, "character": 5 })), 8);
    drop(client);
    for (encoding, behind) in [("utf-8", 24), ("utf-16", 22)] {
        let able = json!({ "general": { "positionEncodings": [encoding] } });
        let (mut client, _) = Client::start_as(&[], able);
        // a name behind a character outside of the basic plane
        client.open("a.swb", "gate g { query \"\u{1f600}\" ; nothing 5 }\n");
        let found = client.published("a.swb", Some(1));
        let unknown = found
            .iter()
            .find(|found| found["code"] == "unknown-statement");
        let start = &unknown.expect("it is found")["range"]["start"];
        assert_eq!(start["character"], behind, "{encoding}");
    }
}
