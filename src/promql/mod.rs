//! stub
#[derive(Clone, Debug)]
pub struct Query {}
pub fn check(
    _s: crate::source::Span,
    _t: &str,
    _o: usize,
    _f: &mut crate::diagnostic::Findings,
) -> Option<Query> {
    Some(Query {})
}
