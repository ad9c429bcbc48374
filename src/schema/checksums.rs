//! Checksums that a tool keeps beside its migrations: Atlas' `atlas.sum`.
//!
//! Each line holds a file and the SHA-256 of the names and bytes of all files up to it, in base64;
//! the first line holds that of all lines (package `sql/migrate` of Atlas, `HashFile`). So the first
//! line that differs tells which file was changed, and nothing is known of those behind it.

use sha2::{Digest, Sha256};

use super::names::printable;
use super::read::Reader;
use super::rules::CHANGED_MIGRATION;
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Span};

/// The name of the file.
pub(super) const ATLAS_SUM: &str = "atlas.sum";

/// What a file says whose bytes are left out.
const IGNORED: &str = "-- atlas:sum ignore";

/// A line of the file.
struct Line<'a> {
    name: &'a str,
    hash: &'a str,
    /// Where it stands.
    start: usize,
    end: usize,
}

/// Compares `atlas.sum` with the SQL files of the folder; tells the first that differs.
///
/// Linear in the bytes of the files.
pub(super) fn atlas(reader: &mut Reader<'_>, names: &[(String, bool)]) {
    let Some(sum) = reader.read_if_there(ATLAS_SUM) else {
        return;
    };
    let is_script = |(name, folder): &&(String, bool)| !folder && name.ends_with(".sql");
    let mut scripts: Vec<&str> = names
        .iter()
        .filter(is_script)
        .map(|(name, _)| name.as_str())
        .collect();
    // the tool sorts by name
    scripts.sort_unstable();
    let mut files: Vec<(&str, FileId)> = Vec::new();
    for name in scripts {
        // what cannot be read is told already, and has no sum
        let Some(file) = reader.read(name) else {
            return;
        };
        files.push((name, file));
    }
    if let Some(found) = first_difference(reader, sum, &files) {
        reader.findings.push(found);
    }
}

fn first_difference(
    reader: &Reader<'_>,
    sum: FileId,
    files: &[(&str, FileId)],
) -> Option<Diagnostic> {
    let text = reader.text(sum);
    let (lines, broken) = lines(text);
    let help = "where the change is meant and the file has run nowhere yet, run `atlas migrate hash`; otherwise take the change back, and write it into a migration of its own";
    let in_sum = |line: &Line<'_>| Span::new(sum, line.start, line.end);
    let mut lines = lines.iter().peekable();
    let mut hasher = Sha256::new();
    let mut all = Sha256::new();
    for (name, file) in files {
        let shown = printable(name);
        hasher.update(name.as_bytes());
        let bytes = reader.text(*file);
        if bytes.lines().any(|line| line.trim() == IGNORED) {
            continue;
        }
        hasher.update(bytes.as_bytes());
        let hash = base64(&hasher.clone().finalize());
        let place = reader.first_line(*file);
        match lines.peek() {
            Some(line) if line.name == *name && line.hash == hash => {
                all.update(name.as_bytes());
                all.update(hash.as_bytes());
                lines.next();
            }
            Some(line) if line.name == *name => {
                let message = format!("`{shown}` was changed since its checksum was written");
                return Some(
                    Diagnostic::new(&CHANGED_MIGRATION, place, message)
                        .here("its text has another checksum")
                        .also(in_sum(line), "than this one")
                        .help(help),
                );
            }
            Some(line) if line.name < *name => break,
            _ => {
                let message = format!("`{shown}` has no checksum in `{ATLAS_SUM}`");
                return Some(
                    Diagnostic::new(&CHANGED_MIGRATION, place, message)
                        .here("it was added, or renamed, since the checksums were written")
                        .help("run `atlas migrate hash` once the file is as it should be"),
                );
            }
        }
    }
    if let Some(line) = lines.next() {
        let shown = printable(line.name);
        let message = format!("`{ATLAS_SUM}` holds a checksum of `{shown}`, which is not there");
        return Some(
            Diagnostic::new(&CHANGED_MIGRATION, in_sum(line), message)
                .here("no such file is in the folder")
                .help("bring the file back if it has run anywhere; otherwise run `atlas migrate hash`"),
        );
    }
    let first = text.lines().next().unwrap_or("");
    let known = format!("h1:{}", base64(&all.finalize()));
    (broken || first.trim_end() != known).then(|| {
        let message = format!("the first line of `{ATLAS_SUM}` is not the checksum of the others");
        Diagnostic::new(&CHANGED_MIGRATION, reader.first_line(sum), message)
            .here("the file was written by hand, or merged")
            .help("run `atlas migrate hash`, and look at what it changes")
    })
}

/// The lines of files, and whether there are others.
fn lines(text: &str) -> (Vec<Line<'_>>, bool) {
    let mut found = Vec::new();
    let mut broken = false;
    let mut start = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let written = line.trim_end();
        if let Some((name, hash)) = written.split_once(" h1:").filter(|_| number > 0) {
            found.push(Line {
                name: name.trim(),
                hash,
                start,
                end: start + written.len(),
            });
        } else if number > 0 && !written.is_empty() {
            broken = true;
        }
        start += line.len();
    }
    (found, broken)
}

/// Base64 with padding (RFC 4648, section 4).
fn base64(bytes: &[u8]) -> String {
    const SIGNS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for part in bytes.chunks(3) {
        let of = |at: usize| u32::from(part.get(at).copied().unwrap_or(0));
        let bits = (of(0) << 16) | (of(1) << 8) | of(2);
        for place in 0..4 {
            let sign = (bits >> (18 - 6 * place)) & 63;
            match place <= part.len() {
                true => out.push(char::from(SIGNS[sign as usize])),
                false => out.push('='),
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_become_the_text_of_rfc_4648() {
        let expected = [
            "", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy",
        ];
        for (length, text) in expected.iter().enumerate() {
            assert_eq!(base64(&b"foobar"[..length]), *text);
        }
        assert_eq!(base64(&[0xff, 0xfe]), "//4=");
    }
}
