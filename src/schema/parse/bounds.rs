//! What parsing a statement can cost, from one look at its bytes. The parser recurses without a
//! limit, and its checks walk up the tree, so depth costs stack and the square of it time.

/// The largest statement that is parsed, in bytes (1 MiB).
pub(super) const MAX_BYTES: usize = 1 << 20;
/// The deepest brackets that are parsed.
pub(super) const MAX_DEPTH: usize = 200;
/// The most operators between two commas that are parsed; they nest to the left or the right.
pub(super) const MAX_CHAIN: usize = 1_000;
/// The most stack that is asked for (128 MiB of addresses; only what is used becomes memory).
const MAX_STACK: usize = 128 << 20;
/// What may be used of the caller's stack: half of the 2 MiB that a thread gets.
const OWN_STACK: usize = 1 << 20;

// Bytes of stack for one level, each at least 1.2 times what an unoptimised build takes, found by
// halving on a stack of 2 MiB: `EXISTS(SELECT` 4.9 KB, `BETWEEN` 3.6 KB, `NOT` 1.7 KB.
const BRACKET: usize = 6_144;
const NESTING_WORD: usize = 4_352;
const OPERATOR: usize = 2_048;
const WORD: usize = 400;

/// The stack that parsing needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// Any thread has it.
    Little,
    /// A thread of so many bytes.
    Stack(usize),
}

/// What parsing `sql` needs, or why it is not parsed.
///
/// The stack is counted over all bytes, texts and comments too, and closing brackets give nothing
/// back: whatever the parser takes for what and however it recovers, it is never too little. Depth
/// and chains bound time only and leave comments out, and texts where they cannot be SQL.
pub(super) fn of(sql: &str) -> Result<Need, String> {
    if sql.len() > MAX_BYTES {
        return Err(format!(
            "it holds {} bytes, and only statements up to {} MiB are parsed",
            sql.len(),
            MAX_BYTES >> 20
        ));
    }
    let stack = stack(sql);
    if stack > MAX_STACK {
        return Err("it holds more brackets and operators than are parsed".into());
    }
    depth(sql)?;
    Ok(if fits(stack) {
        Need::Little
    } else {
        Need::Stack(stack + OWN_STACK)
    })
}

/// What parsing `sql` takes of the caller's stack, where that is enough for it.
pub(super) fn own_stack(sql: &str) -> Option<usize> {
    let need = stack(sql);
    (sql.len() <= MAX_BYTES && fits(need) && depth(sql).is_ok()).then_some(need)
}

/// Whether a caller's stack has that much.
pub(super) fn fits(stack: usize) -> bool {
    stack <= OWN_STACK
}

fn stack(sql: &str) -> usize {
    let mut total = 0_usize;
    let mut rest = sql.as_bytes();
    while let Some((&byte, behind)) = rest.split_first() {
        rest = behind;
        total += match byte {
            // a backslash may spell a bracket in the text of an SQL body
            b'(' | b'[' | b'{' | b'\\' => BRACKET,
            _ if is_word(byte) => {
                let (word, behind) = word_from(byte, behind);
                rest = behind;
                // `UESCAPE` makes any byte spell a bracket in the text of an SQL body
                if word.folded() == b"uescape" {
                    return usize::MAX;
                }
                if word.nests() { NESTING_WORD } else { WORD }
            }
            b'.' => WORD,
            _ if byte.is_ascii_punctuation()
                && !matches!(byte, b')' | b']' | b'}' | b',' | b';' | b'"' | b'\'' | b'$') =>
            {
                OPERATOR
            }
            _ => 0,
        };
    }
    total
}

fn depth(sql: &str) -> Result<(), String> {
    let bytes = sql.as_bytes();
    let first = bytes
        .split_first()
        .map(|(&byte, rest)| word_from(byte, rest).0);
    // the body of a function may be SQL
    let texts_are_code = first.is_some_and(|word| word.folded() == b"create");
    let mut frames: Vec<usize> = vec![0];
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let rest = bytes.get(at + 1..).unwrap_or_default();
        at += 1;
        let chain = match byte {
            b'\'' | b'"' if !texts_are_code => {
                at += rest
                    .iter()
                    .position(|&b| b == byte)
                    .map_or(rest.len(), |n| n + 1);
                false
            }
            b'-' if rest.first() == Some(&b'-') => {
                at += rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len());
                false
            }
            b'(' | b'[' | b'{' => {
                if frames.len() > MAX_DEPTH {
                    return Err(format!("it nests brackets deeper than {MAX_DEPTH} levels"));
                }
                frames.push(0);
                false
            }
            b')' | b']' | b'}' => {
                if frames.len() > 1 {
                    frames.pop();
                }
                // `a[1][2]` and `a[1].b` are chains
                true
            }
            b',' | b';' => {
                if let Some(frame) = frames.last_mut() {
                    *frame = 0;
                }
                false
            }
            _ if is_word(byte) => {
                let (word, behind) = word_from(byte, rest);
                at = bytes.len() - behind.len();
                word.nests() || word.is_operator()
            }
            b'$' => false,
            _ => byte.is_ascii_punctuation(),
        };
        if let (true, Some(frame)) = (chain, frames.last_mut()) {
            *frame += 1;
            if *frame > MAX_CHAIN {
                return Err(format!(
                    "it joins more than {MAX_CHAIN} operators without a comma between them"
                ));
            }
        }
    }
    Ok(())
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// The first bytes of a word in lower case, as many as the longest word that is asked for.
struct Word {
    bytes: [u8; 10],
    length: usize,
}

impl Word {
    fn folded(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    /// Whether it may open a level without a bracket.
    fn nests(&self) -> bool {
        matches!(
            self.folded(),
            b"all"
                | b"also"
                | b"analyze"
                | b"as"
                | b"begin"
                | b"between"
                | b"case"
                | b"create"
                | b"cross"
                | b"declare"
                | b"do"
                | b"except"
                | b"exists"
                | b"explain"
                | b"for"
                | b"in"
                | b"insert"
                | b"instead"
                | b"intersect"
                | b"join"
                | b"not"
                | b"on"
                | b"select"
                | b"table"
                | b"union"
                | b"values"
                | b"with"
        )
    }

    /// Whether it is an operator.
    fn is_operator(&self) -> bool {
        matches!(
            self.folded(),
            b"and"
                | b"at"
                | b"between"
                | b"collate"
                | b"ilike"
                | b"in"
                | b"is"
                | b"like"
                | b"not"
                | b"or"
                | b"similar"
        )
    }
}

/// The word that begins with `first`, and what follows it.
fn word_from(first: u8, behind: &[u8]) -> (Word, &[u8]) {
    let length = behind
        .iter()
        .position(|&b| !is_word(b))
        .unwrap_or(behind.len());
    let (inner, rest) = behind.split_at(length);
    let mut bytes = [0; 10];
    for (slot, byte) in bytes.iter_mut().zip(std::iter::once(&first).chain(inner)) {
        *slot = byte.to_ascii_lowercase();
    }
    let length = length + 1;
    (Word { bytes, length }, rest)
}
