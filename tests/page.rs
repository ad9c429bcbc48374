//! The page that `report` writes, opened in a browser as its readers open it.
//!
//! These tests need Chromium, which `./tests/run` installs; plain `cargo test` leaves them out.

#[path = "page/browser.rs"]
mod browser;
mod common;

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use browser::Browser;
use common::{root, run};

/// What is opened: the plan or release, its folder, and how many legs it has.
const PAGES: [(&str, &str, usize); 3] = [
    ("checkout-42", "examples/checkout", 7),
    ("web-2", "examples/broken/column-dropped-too-early", 4),
    ("order-history", "examples/two-services", 8),
];

fn written(folder: &Path, plan: &str, project: &str) -> PathBuf {
    let ran = run(&root(), &["report", "--html", plan, project]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    let file = folder.join(format!("{plan}.html"));
    std::fs::write(&file, ran.out).expect("written");
    file
}

/// What the page asked for beside itself, and what it complained of.
fn complaints(events: &[Value], file: &Path) -> Vec<String> {
    let own = format!("file://{}", file.display());
    let mut wrong = Vec::new();
    for event in events {
        let params = &event["params"];
        match event["method"].as_str().unwrap_or_default() {
            "Network.requestWillBeSent" => {
                let url = params["request"]["url"].as_str().unwrap_or_default();
                if url.split('#').next() != Some(own.as_str()) {
                    wrong.push(format!("asks for {url}"));
                }
            }
            "Runtime.exceptionThrown" | "Runtime.consoleAPICalled" => {
                wrong.push(params.to_string())
            }
            "Log.entryAdded" => wrong.push(params["entry"]["text"].to_string()),
            _ => {}
        }
    }
    wrong
}

/// What is wrong with the page as it is laid out, as a list of sentences.
const LAID_OUT: &str = r#"(() => {
  const wrong = [];
  const say = text => { if (wrong.length < 20) wrong.push(text) };
  const seen = element => element.getClientRects().length > 0;
  if (document.documentElement.scrollWidth > innerWidth)
    for (const element of document.querySelectorAll('body *'))
      if (!element.closest('.scroll') && element.getBoundingClientRect().right > innerWidth + 1)
        say(`wider than ${innerWidth}: ${element.outerHTML.slice(0, 60)}`);
  if (innerWidth !== WIDTH) say(`the page is ${innerWidth} wide`);
  for (const name of ['header', 'nav', 'main', 'footer'])
    if (document.querySelectorAll(`body > ${name}`).length !== 1) say(`${name} is missing`);
  if (document.querySelectorAll('h1').length !== 1) say('there is not one h1');
  const graphs = [...document.querySelectorAll('#graph svg')].filter(seen);
  if (graphs.length !== 1) say(`${graphs.length} graphs are shown`);
  const rows = [...document.querySelectorAll('#climb tbody tr:not(.no-return)')].filter(seen);
  if (rows.length !== LEGS) say(`${rows.length} legs are shown`);
  for (const svg of [...document.querySelectorAll('svg')].filter(seen)) {
    const box = svg.getBoundingClientRect();
    if (box.right > innerWidth + 1) say(`a picture ends at ${box.right}`);
    if (svg.getAttribute('aria-hidden') !== 'true') {
      const label = svg.getAttribute('aria-labelledby');
      const named = label ? document.getElementById(label) : svg.getAttribute('aria-label');
      if (svg.getAttribute('role') !== 'img' || !named) say('a picture has no name');
    }
    const view = svg.viewBox.baseVal;
    for (const text of svg.querySelectorAll('text')) {
      const own = text.getBBox();
      if (own.x < view.x - 1 || own.x + own.width > view.x + view.width + 1 || own.y + own.height > view.y + view.height + 1)
        say(`clipped: ${text.textContent}`);
      const size = parseFloat(getComputedStyle(text).fontSize) * box.width / view.width;
      if (size < 9) say(`too small to read (${size}): ${text.textContent}`);
    }
  }
  for (const table of document.querySelectorAll('table')) {
    if (!table.caption) say('a table has no caption');
    if (!table.querySelector('thead th[scope=col]')) say('a table has no heads');
  }
  const ids = [...document.querySelectorAll('[id]')].map(element => element.id);
  if (new Set(ids).size !== ids.length) say('an id is there twice');
  for (const link of document.querySelectorAll('nav a'))
    if (!document.getElementById(link.getAttribute('href').slice(1))) say(`${link} leads nowhere`);
  // contrast of every text with what is behind it, as WCAG 2 computes it
  const channels = color => (color.match(/[\d.]+/g) || []).map(Number);
  const light = color => {
    const [r, g, b] = channels(color).map(c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = element => {
    for (let own = element; own; own = own.parentElement) {
      const color = getComputedStyle(own).backgroundColor;
      const parts = channels(color);
      if (parts.length === 3 || parts[3] === 1) return color;
    }
    return 'rgb(255, 255, 255)';
  };
  for (const element of document.querySelectorAll('body *')) {
    if (element.closest('svg') || !seen(element)) continue;
    const own = [...element.childNodes].some(node => node.nodeType === 3 && node.textContent.trim());
    if (!own) continue;
    const [a, b] = [light(getComputedStyle(element).color), light(behind(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) say(`contrast ${ratio.toFixed(2)}: ${element.textContent.trim().slice(0, 40)}`);
  }
  return wrong;
})()"#;

#[test]
#[ignore = "needs Chromium; ./tests/run installs it"]
fn the_page_is_whole_at_every_width_and_asks_for_nothing() {
    let scratch = tempfile::tempdir().expect("a folder");
    let mut browser = Browser::start();
    let mut wrong = Vec::new();
    for (plan, project, legs) in PAGES {
        let file = written(scratch.path(), plan, project);
        for width in [320, 390, 768, 1280] {
            for scheme in ["light", "dark", "print"] {
                let events = browser.open(&file, (width, 900), scheme);
                assert!(!events.is_empty(), "the browser tells what happens");
                let found = browser.evaluate(
                    &LAID_OUT
                        .replace("LEGS", &legs.to_string())
                        .replace("WIDTH", &width.to_string()),
                );
                let found = found.as_array().expect("a list").iter();
                let found = found.map(|text| text.as_str().unwrap_or_default().to_string());
                let all = complaints(&events, &file).into_iter().chain(found);
                wrong.extend(all.map(|text| format!("{plan} at {width}, {scheme}: {text}")));
                keep(&mut browser, &format!("{plan}-{width}-{scheme}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Keeps a picture of the whole page where `SWITCHBACK_SCREENSHOTS` names a folder.
fn keep(browser: &mut Browser, name: &str) {
    let Some(folder) = std::env::var_os("SWITCHBACK_SCREENSHOTS").map(PathBuf::from) else {
        return;
    };
    let taken = browser.call(
        "Page.captureScreenshot",
        json!({"captureBeyondViewport": true}),
    );
    std::fs::create_dir_all(&folder).expect("a folder");
    let coded = taken["data"].as_str().expect("a picture");
    std::fs::write(folder.join(format!("{name}.png.base64")), coded).expect("written");
}

#[test]
#[ignore = "needs Chromium; ./tests/run installs it"]
fn what_a_plan_holds_stays_text_in_the_browser() {
    let scratch = tempfile::tempdir().expect("a folder");
    let project = root().join("tests/page/hostile");
    let file = written(scratch.path(), "p", &project.display().to_string());
    let mut browser = Browser::start();
    let events = browser.open(&file, (1280, 900), "light");
    assert_eq!(complaints(&events, &file), Vec::<String>::new());
    let scripts =
        browser.evaluate("document.querySelectorAll('script, img, iframe, [onerror]').length");
    assert_eq!(scripts, 0);
    let shown = browser.evaluate("document.body.innerText");
    assert!(
        shown
            .as_str()
            .expect("a text")
            .contains("</script><script>alert(1)</script>")
    );
}
