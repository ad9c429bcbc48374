//! What the views show, and that what they write can be read.
use super::samples::*;
use super::*;

fn show(sample: &Sample, options: Options) -> String {
    let mut out = String::new();
    full(&sample.report(), options, &mut out);
    out
}
#[test]
fn look() {
    println!("{}", show(&ordinary(), Options{color: std::env::var("C").is_ok(), ..Options::default()}));
    println!("{}", show(&difficult(), Options::default()));
    println!("{}", show(&ordinary(), Options{width: 60, unicode: false, ..Options::default()}));
    let mut o = String::new(); concise(&ordinary().report(), Options::default(), &mut o);
    sarif(&ordinary().report(), &[], &mut o);
    println!("{o}");
}
