//! A name for a finding that outlives edits around it.

use std::collections::BTreeMap;

use super::place::{line_bytes, line_of};
use crate::diagnostic::Diagnostic;
use crate::source::SourceMap;

/// How much of the source counts; more would make long spans quadratic over many findings.
const MOST_BYTES: usize = 4096;

/// Gives every finding a fingerprint that no other finding of the same run has.
///
/// It is a hash of the rule, the file's name, the message and the text of the lines without their
/// indentation, so moving the lines or changing others leaves it as it is. Equal findings are told
/// apart by an ordinal, in the order in which they are asked for.
#[derive(Default)]
pub(super) struct Fingerprints {
    seen: BTreeMap<u64, u32>,
}

impl Fingerprints {
    /// `hash:ordinal`, the form in which GitHub's own action writes it.
    pub(super) fn of(&mut self, finding: &Diagnostic, sources: &SourceMap) -> String {
        let span = finding.span();
        let file = sources.file(span.file);
        let mut hash = Fnv::new();
        for part in [finding.rule.name, &file.name, &finding.message] {
            hash.write(part.as_bytes());
        }
        let start = line_bytes(file, line_of(file, span.start as usize)).start;
        let end = line_bytes(file, line_of(file, span.end as usize)).end;
        let end = file
            .text
            .floor_char_boundary(end.min(start.saturating_add(MOST_BYTES)));
        for line in file.text.get(start..end).unwrap_or("").lines() {
            hash.write(line.trim().as_bytes());
        }
        let ordinal = self.seen.entry(hash.0).or_insert(0);
        *ordinal += 1;
        format!("{:016x}:{ordinal}", hash.0)
    }
}

/// FNV-1a, 64 bits: <https://datatracker.ietf.org/doc/html/draft-eastlake-fnv>. It names, it does
/// not protect.
struct Fnv(u64);

impl Fnv {
    fn new() -> Self {
        Fnv(0xcbf2_9ce4_8422_2325)
    }

    /// Adds bytes and an end mark that no UTF-8 text contains, so that parts do not run together.
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes.iter().chain(&[0xff]) {
            self.0 ^= u64::from(byte);
            self.0 = self.0.wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}
