//! Text and where it stands: files, byte spans, line positions, and the one way to read a file.
//!
//! Every other room speaks of places as [`Span`]s: a file id and a `u32` byte range. Lines and
//! columns are computed once, by [`LineIndex`], and only where something is shown to a person.

mod line_index;
mod loader;
mod map;
mod overlay;
pub mod parallel;
mod path;

pub use line_index::{LineCol, LineIndex};
pub use loader::{DiskLoader, LoadError, Loader, MAX_FILE_BYTES, MemoryLoader, NotUtf8};
pub use map::{ARGUMENT, NO_PLAN, STANDARD_INPUT, SourceFile, SourceMap};
pub use overlay::OverlayLoader;
pub use path::{PathProblem, ProjectRoot, find_root, resolve_below};

/// A file within one [`SourceMap`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(pub u32);

/// A half-open range of bytes, `start..end`, in one file.
///
/// Offsets are bytes from the start of the file's text as it was read (a byte order mark counts).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// The first byte.
    pub start: u32,
    /// One past the last byte; never below `start`.
    pub end: u32,
}

impl Span {
    /// The span `start..end` of `file`.
    pub fn new(file: FileId, start: usize, end: usize) -> Self {
        Span {
            file,
            start: clamp(start),
            end: clamp(end.max(start)),
        }
    }

    /// The smallest span that holds both; `other` is ignored when it is in another file.
    ///
    /// ```text
    /// self   ▔▔▔▔
    /// other        ▔▔▔
    /// join   ▔▔▔▔▔▔▔▔▔
    /// ```
    #[must_use]
    pub fn join(self, other: Span) -> Self {
        if self.file != other.file {
            return self;
        }
        Span {
            file: self.file,
            start: self.start.min(other.start),
            end: self.end.max(other.end),
        }
    }

    /// The empty span directly behind this one.
    #[must_use]
    pub fn after(self) -> Self {
        Span {
            start: self.end,
            ..self
        }
    }

    /// Length in bytes.
    pub fn len(self) -> usize {
        (self.end - self.start) as usize
    }

    /// Whether the span holds no byte.
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// The span as a range of `usize`, for slicing.
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A value and the text that it was read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// `value`, read at `span`.
    pub fn new(value: T, span: Span) -> Self {
        Spanned { value, span }
    }

    /// The same place, another value.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Spanned<U> {
        Spanned {
            value: f(self.value),
            span: self.span,
        }
    }
}

/// Files are refused above [`MAX_FILE_BYTES`], far below `u32::MAX`, so this never loses a byte.
fn clamp(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}
