//! The ratios that the project promises, as a Markdown table. Run by `benches/run`.
//!
//! Times are the best of many rounds, because what disturbs a run only ever makes it slower; the
//! rounds of what is compared alternate, so that a slow minute hits both. The median says how
//! quiet the machine was.

use std::hint::black_box;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use switchback::check::{Options, check};
use switchback::diagnostic::Findings;
use switchback::measure::{Measure, Subject, measure};
use switchback::model::{Overrides, load};
use switchback::schema::catalog::Catalog;
use switchback::schema::postgres::{lower, parsed_together};
use switchback::schema::{Engine, split};
use switchback::simulate;
use switchback::source::{DiskLoader, FileId, SourceMap, Span};
use switchback::syntax::parse;

mod corpus;

/// Times of one thing.
#[derive(Default)]
struct Times(Vec<Duration>);

impl Times {
    fn time<T>(&mut self, run: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let result = black_box(run());
        self.0.push(start.elapsed());
        result
    }

    fn sorted(&self) -> Vec<f64> {
        let mut all: Vec<f64> = self.0.iter().map(Duration::as_secs_f64).collect();
        all.sort_by(f64::total_cmp);
        all
    }

    fn best(&self) -> f64 {
        self.sorted()[0]
    }

    fn median(&self) -> f64 {
        self.sorted()[self.0.len() / 2]
    }
}

/// One line of the table: what, measured as best and as median, and what was promised.
struct Row {
    what: &'static str,
    best: f64,
    median: f64,
    unit: &'static str,
    target: f64,
    at_least: bool,
}

fn main() {
    // `cargo bench` passes `--bench`; anything else is a mistake, but not one worth stopping for
    let mut rows = Vec::new();
    language(&mut rows);
    migrations(&mut rows);
    files(&mut rows);
    process(&mut rows);
    simulation(&mut rows);
    println!("| What | Best of many | Median | Promised | Kept |");
    println!("| --- | ---: | ---: | ---: | :---: |");
    for row in rows {
        let kept = if row.at_least {
            row.best >= row.target
        } else {
            row.best <= row.target
        };
        println!(
            "| {} | {:.2}{unit} | {:.2}{unit} | {} {}{unit} | {} |",
            row.what,
            row.best,
            row.median,
            if row.at_least { "≥" } else { "≤" },
            row.target,
            if kept { "yes" } else { "no" },
            unit = row.unit,
        );
    }
}

/// Text to tree, and tree to model, of one file nearly as large as one may be (20,000 statements).
fn language(rows: &mut Vec<Row>) {
    let text = corpus::one_file(400_000);
    let (loader, entries) = corpus::single(&text);
    let (mut tree, mut read, mut built, mut numbers) = Default::default();
    for _ in 0..40 {
        Times::time(&mut tree, || parse(FileId(0), &text, &mut Findings::new()));
        let mut project = Times::time(&mut read, || {
            load(&loader, SourceMap::new(), corpus::base(), &entries)
        });
        let (model, findings) =
            Times::time(&mut built, || project.build(&loader, &Overrides::default()));
        let fault = findings.iter().chain(&project.findings).next();
        assert!(!model.plans.is_empty() && fault.is_none(), "{fault:?}");
        Times::time(&mut numbers, || {
            let plans = model.plans.iter().map(|plan| Subject::new(&model, plan));
            plans
                .flat_map(|plan| Measure::ALL.map(|what| measure(plan, what)))
                .filter(|answer| answer.known().is_some())
                .count()
        });
    }
    let megabytes = text.len() as f64 / 1e6;
    rows.push(Row {
        what: "text to tree, one core",
        best: megabytes / tree.best(),
        median: megabytes / tree.median(),
        unit: " MB/s",
        target: 18.0,
        at_least: true,
    });
    // loading parses the text once more; the rest of it belongs to the model
    let model = |of: fn(&Times) -> f64| (of(&read) - of(&tree) + of(&built)) / of(&tree);
    rows.push(Row {
        what: "tree to model, in times of the parse of the same text",
        best: model(Times::best),
        median: model(Times::median),
        unit: "",
        target: 1.0,
        at_least: false,
    });
    let numbers = |of: fn(&Times) -> f64| of(&numbers) / of(&tree);
    rows.push(Row {
        what: "all numbers of all plans, in times of the parse of the same text",
        best: numbers(Times::best),
        median: numbers(Times::median),
        unit: "",
        target: 1.0,
        at_least: false,
    });
}

/// SQL to its parser's tree, and to what it does, of one file of 1 MB.
fn migrations(rows: &mut Vec<Row>) {
    let text = corpus::migrations(1_000_000);
    let (mut tree, mut lowered) = <(Times, Times)>::default();
    let catalog = Catalog::default();
    for _ in 0..10 {
        // a tree has to be given back as well, and lowering does so for each statement
        tree.time(|| {
            let parsed = squawk_syntax::SourceFile::parse(&text);
            assert!(parsed.errors().is_empty());
        });
        lowered.time(|| {
            let statements = split(&text, Some(Engine::PostgreSql), false).statements;
            let each = statements.iter().map(|one| &text[one.range.clone()]);
            parsed_together(each, || {
                for statement in &statements {
                    let sql = &text[statement.range.clone()];
                    let at = Span::new(FileId(0), statement.range.start, statement.range.end);
                    for change in black_box(lower(sql, at, &catalog, "public")) {
                        assert!(!change.value.is_unknown(), "{sql}");
                    }
                }
            });
            statements.len()
        });
    }
    // lowering parses the text once more, as the replay of a script does
    let ratio = |of: fn(&Times) -> f64| (of(&lowered) - of(&tree)) / of(&tree);
    rows.push(Row {
        what: "SQL lowered to what it does, in times of the parse of the same file",
        best: ratio(Times::best),
        median: ratio(Times::median),
        unit: "",
        target: 1.0,
        at_least: false,
    });
}

/// Checks of 500, 1,000 and 2,000 files.
fn files(rows: &mut Vec<Row>) {
    let projects = [500, 1_000, 2_000].map(corpus::project);
    let mut times: [Times; 3] = Default::default();
    for _ in 0..8 {
        for ((loader, entries), times) in projects.iter().zip(&mut times) {
            let found = times.time(|| check(loader, corpus::base(), entries, &Options::default()));
            assert!(found.is_ok_and(|found| found.plans.len() == entries.len() * 2));
        }
    }
    let [small, middle, large] = &times;
    for (what, few, many) in [
        ("check of 1,000 files, in times of 500", small, middle),
        ("check of 2,000 files, in times of 1,000", middle, large),
    ] {
        rows.push(Row {
            what,
            best: many.best() / few.best(),
            median: many.median() / few.median(),
            unit: "",
            target: 2.2,
            at_least: false,
        });
    }
}

/// The command as a whole against a program that does nothing.
fn process(rows: &mut Vec<Row>) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let source = folder.path().join("empty.rs");
    let empty = folder.path().join("empty");
    std::fs::write(&source, "fn main() {}\n").expect("a temporary file");
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let compiled = Command::new(rustc)
        .args(["--edition", "2024", "-O", "-o"])
        .args([&empty, &source])
        .status();
    assert!(
        compiled.is_ok_and(|status| status.success()),
        "rustc compiles an empty program"
    );
    let (mut nothing, mut whole) = (Times::default(), Times::default());
    for _ in 0..300 {
        nothing.time(|| run(&empty, &[]));
        whole.time(|| {
            run(
                Path::new(env!("CARGO_BIN_EXE_switchback")),
                &["check", "examples/checkout"],
            )
        });
    }
    rows.push(Row {
        what: "`switchback check examples/checkout`, in times of an empty Rust program",
        best: whole.best() / nothing.best(),
        median: whole.median() / nothing.median(),
        unit: "",
        target: 10.0,
        at_least: false,
    });
}

/// Looks of gates a second: a healthy version walks through all of `examples/checkout`.
fn simulation(rows: &mut Vec<Row>) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let entries = [root.join("examples/checkout/checkout.swb")];
    let outcome = check(&DiskLoader, root, &entries, &Options::default()).expect("it is read");
    let (model, plan) = outcome.plan("checkout-42").expect("the plan is there");
    let options = simulate::Options { runs: 400, seed: 1 };
    let mut times = Times::default();
    let mut looks = 0;
    for _ in 0..10 {
        let found = times.time(|| simulate::simulate(model, plan, None, &[], options));
        looks = found.expect("all facts are there").looks;
    }
    let millions = looks as f64 / 1e6;
    rows.push(Row {
        what: "looks of gates that `simulate` draws, one core",
        best: millions / times.best(),
        median: millions / times.median(),
        unit: " million/s",
        target: 1.0,
        at_least: true,
    });
}

fn run(program: &Path, args: &[&str]) {
    let status = Command::new(program)
        .args(args)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    assert!(status.is_ok_and(|status| status.code().is_some_and(|code| code <= 1)));
}
