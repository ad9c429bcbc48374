fn main() {
    let n: usize = std::env::args()
        .nth(1)
        .and_then(|n| n.parse().ok())
        .unwrap_or(4000);
    let text = if n > 100000 {
        "{".repeat(n)
    } else {
        let mut t = String::new();
        for i in 0..n {
            t.push_str(&format!("plan checkout-{i} {{\n  roll checkout from 41 to 42\n  obeys production\n  on target prod\n\n  step canary {{\n    weight 1%\n    hold 1h\n    watch errors, latency\n  }}\n  # ramps up\n  step ramp {{\n    weight 5% -> 25%\n    hold 1h\n    watch errors, errors-vs-baseline, latency\n  }}\n}}\n"));
        }
        t
    };
    for _ in 0..5 {
        let t0 = std::time::Instant::now();
        let mut f = Vec::new();
        let tree = switchback::syntax::parse(switchback::source::FileId(0), &text, &mut f);
        let d = t0.elapsed();
        println!(
            "{} bytes {} stmts {} faults {:?} {:.1} MB/s",
            text.len(),
            tree.all().len(),
            f.len(),
            d,
            text.len() as f64 / d.as_secs_f64() / 1e6
        );
    }
}
