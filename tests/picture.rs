//! Plans as graphs and pages: what is drawn, that it is the same each time, and that no text of a
//! plan acts in the language that it is written into.

mod common;

use std::io::Write as _;
use std::process::{Command, Stdio};

use common::{root, run};

/// A name for the snapshot, the plan or release, and its folder.
const DRAWN: [(&str, &str, &str); 3] = [
    ("checkout", "checkout-42", "examples/checkout"),
    ("release", "order-history", "examples/two-services"),
    ("hostile", "p", "tests/page/hostile"),
];

const FORMATS: [&str; 3] = ["svg", "mermaid", "dot"];

fn graph(plan: &str, folder: &str, format: &str) -> String {
    let ran = run(&root(), &["graph", plan, folder, "--format", format]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{plan} as {format}");
    ran.out
}

fn page(plan: &str, folder: &str) -> String {
    let ran = run(&root(), &["report", plan, folder, "--html"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{plan}");
    ran.out
}

#[test]
fn plans_are_drawn_as_these_graphs() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("picture");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        for (name, plan, folder) in DRAWN {
            for format in FORMATS {
                let drawn = graph(plan, folder, format);
                insta::assert_snapshot!(format!("{name}.{format}"), drawn);
            }
        }
    });
}

#[test]
fn the_same_plan_gives_the_same_bytes_and_no_path_of_the_machine() {
    let here = root().display().to_string();
    for (_, plan, folder) in DRAWN {
        for format in FORMATS {
            assert_eq!(graph(plan, folder, format), graph(plan, folder, format));
        }
        let first = page(plan, folder);
        assert_eq!(first, page(plan, folder));
        assert!(!first.contains(&here), "{plan}");
    }
}

/// The texts of an SVG drawing, read by another reader of XML.
fn texts(svg: &str) -> Vec<String> {
    let document = roxmltree::Document::parse(svg).unwrap_or_else(|error| panic!("{error}\n{svg}"));
    let known = ["svg", "title", "style", "text", "rect", "path", "circle"];
    let mut texts = Vec::new();
    for node in document.descendants().filter(roxmltree::Node::is_element) {
        let name = node.tag_name().name();
        assert!(known.contains(&name), "<{name}> in a drawing");
        assert!(node.attributes().all(|own| !own.name().starts_with("on")));
        if name == "text" {
            texts.push(node.text().unwrap_or_default().to_string());
        }
    }
    texts
}

#[test]
fn a_drawing_is_xml_that_holds_the_texts_as_they_are() {
    for (_, plan, folder) in DRAWN {
        let drawn = graph(plan, folder, "svg");
        assert!(!texts(&drawn).is_empty());
        assert!(!drawn.contains("url("), "nothing is loaded");
        assert!(drawn.contains("prefers-color-scheme:dark"));
    }
    let hostile = texts(&graph("p", "tests/page/hostile", "svg")).join("");
    for text in [
        "</script><script>alert(1)</script>",
        "c`d`<e>&f;#g{h}[i]|j|-->k%%l\\N$$m$$",
    ] {
        assert!(hostile.contains(text), "{hostile}");
    }
}

#[test]
fn mermaid_holds_nothing_of_a_text_that_means_something_to_it() {
    let drawn = graph("p", "tests/page/hostile", "mermaid");
    for line in drawn.lines() {
        // a label ends where its second quote stands
        assert!(line.matches('"').count().is_multiple_of(2), "{line}");
        for (number, part) in line.split('"').enumerate() {
            if number % 2 == 1 {
                let part = part.replace("<br/>", "");
                let acts = [
                    '<', '>', '`', '{', '}', '[', ']', '|', '$', '&', '*', '_', '(', '\\',
                ];
                assert!(!part.contains(acts), "{part}");
            }
        }
    }
}

#[test]
fn a_page_is_small_and_forbids_everything_but_its_style() {
    use sha2::{Digest, Sha256};
    for (_, plan, folder) in DRAWN {
        let page = page(plan, folder);
        assert!(page.len() < 300_000, "{plan}: {} bytes", page.len());
        for acts in [
            "<script",
            "<img",
            "<link",
            "<iframe",
            " style=\"",
            "http://",
            "javascript:",
            "url(",
            "@import",
        ] {
            let found = page.replace("http://www.w3.org/2000/svg", "");
            // an address in a plan is a text
            let found = found.replace("http://prometheus.monitoring:9090", "");
            assert!(!found.contains(acts), "{plan}: {acts}");
        }
        let style = page.split("<style>").nth(1).expect("a style");
        let style = style.split("</style>").next().expect("its end");
        assert_eq!(page.matches("<style").count(), 1);
        let digest = Sha256::digest(style.as_bytes());
        let hash = page
            .split("style-src 'sha256-")
            .nth(1)
            .or(page.split("style-src &#39;sha256-").nth(1));
        let hash = hash
            .expect("a policy")
            .split(['\'', '&'])
            .next()
            .expect("a hash");
        assert_eq!(decoded(hash), digest.as_slice());
        assert!(page.contains("default-src 'none'"), "{plan}");
        let acts =
            |c: char| (c.is_control() && c != '\n') || ('\u{202a}'..='\u{202e}').contains(&c);
        assert!(!page.contains(acts), "{plan}");
    }
}

/// Base64, read the slow way round.
fn decoded(text: &str) -> Vec<u8> {
    let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bytes, mut word, mut bits) = (Vec::new(), 0_u32, 0);
    for letter in text.trim_end_matches('=').chars() {
        word = word << 6 | letters.find(letter).expect("a letter of Base64") as u32;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((word >> bits) as u8);
        }
    }
    bytes
}

#[test]
fn a_page_tells_what_is_refuted_with_its_run() {
    let page = page("web-2", "examples/broken/column-dropped-too-early");
    for said in [
        "contract-too-early",
        "The shortest run that breaks it",
        "breaks here",
        "0002_drop_legacy_code.up.sql",
    ] {
        assert!(page.contains(said), "{said}");
    }
}

#[test]
fn what_is_not_there_is_answered_with_what_is() {
    let project = "examples/two-services";
    for command in [&["graph"][..], &["report", "--html"], &["show"]] {
        let mut args = command.to_vec();
        args.extend(["order-histroy", project]);
        let ran = run(&root(), &args);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""));
        assert!(
            ran.err.contains("did you mean `order-history`?"),
            "{}",
            ran.err
        );
    }
    let bare = run(&root(), &["report", "order-history", project]);
    assert_eq!(bare.code, 2);
    assert!(bare.err.contains("--html"), "{}", bare.err);
}

#[test]
fn no_row_is_wider_than_the_terminal() {
    for (_, plan, folder) in DRAWN {
        for width in [60, 72, 80, 100, 140, 200] {
            let ran = run(
                &root(),
                &["show", plan, folder, "--width", &width.to_string()],
            );
            assert_eq!(ran.code, 0, "{}", ran.err);
            for line in ran.out.lines() {
                let wide = line.chars().count();
                let word = line
                    .split_whitespace()
                    .map(|word| word.chars().count())
                    .max();
                // a word is never cut
                let whole = word.unwrap_or(0) + 12 > width;
                assert!(wide <= width || whole, "{wide} of {width}: {line}");
            }
        }
    }
}

#[test]
#[ignore = "needs Graphviz; ./tests/run installs it"]
fn graphviz_draws_the_texts_as_they_are() {
    for (_, plan, folder) in DRAWN {
        let mut child = Command::new("dot")
            .arg("-Tsvg")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("dot starts; `./tests/run` installs it");
        let drawn = graph(plan, folder, "dot");
        let mut input = child.stdin.take().expect("its input");
        input.write_all(drawn.as_bytes()).expect("it reads");
        drop(input);
        let output = child.wait_with_output().expect("it ends");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && said.is_empty(), "{said}");
        let svg = String::from_utf8(output.stdout).expect("UTF-8");
        let options = roxmltree::ParsingOptions {
            allow_dtd: true,
            ..Default::default()
        };
        let document = roxmltree::Document::parse_with_options(&svg, options).expect("XML");
        let texts: Vec<&str> = document
            .descendants()
            .filter_map(|node| node.text())
            .collect();
        let texts = texts.concat().replace('\u{a0}', " ");
        if plan == "p" {
            for text in [
                "</script><script>alert(1)</script>]]>\"\" <img",
                "`<e>&f;#g{h}[i]|j|-->k%%l\\N$$m$$",
            ] {
                assert!(texts.contains(text), "{texts}");
            }
        } else {
            assert!(texts.contains("canary"), "{texts}");
        }
    }
}
