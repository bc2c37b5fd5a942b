//! Why a change is refused: one reason each, with a code that is for ever. Texts for people stand
//! with the messages, not here.

/// The first thing wrong with a change. Codes go over the wire and into stores: a code never gets a
/// new meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[error("{}: {}", self.code(), self.meaning())]
pub enum VetError {
    /// More than [`crate::change::CHANGE_MAX`] bytes.
    TooLong,
    /// Does not begin as an automerge chunk.
    NotAChunk,
    /// A document, a deflated change, a bundle or an unknown chunk type.
    NotUncompressed,
    /// The length in the header is not that of the bytes.
    WrongLength,
    /// The checksum in the header is not that of the bytes.
    WrongChecksum,
    /// Ends in the middle of something, or a number that does not fit.
    Truncated,
    /// A number written longer than it need be.
    OverlongNumber,
    /// From another actor than the author's in this document.
    WrongActor,
    /// A number that the author's chain has passed already.
    SeqTaken,
    /// A number that the author's chain has not come to yet.
    SeqGap,
    /// Depends on something else than exactly the author's previous change.
    WrongDeps,
    /// Its first op is not the one after the author's last.
    WrongStartOp,
    /// Its last op would be above [`crate::change::OP_MAX`].
    TooManyOps,
    /// States a time.
    HasTime,
    /// Has a commit message.
    HasMessage,
    /// Names other actors.
    OtherActors,
    /// Bytes after the columns, such as an author footer.
    ExtraBytes,
    /// Other columns than a change of ours has, or in another order.
    WrongColumns,
    /// A column claims more than [`crate::entry::ENTRIES_MAX`] rows.
    TooManyRows,
    /// Columns of different numbers of rows, or values that do not fill theirs.
    RowsDiffer,
    /// No entries.
    NoEntries,
    /// An op that is not a put.
    NotAPut,
    /// An op outside the root map.
    NotOnRoot,
    /// An op on a list element or without a key.
    NotAMapKey,
    /// An op that replaces another.
    HasPred,
    /// An op that inserts.
    Inserts,
    /// An op that marks text.
    Marks,
    /// A key that is not `subject.author-tag.counter`.
    BadKey,
    /// A key with another author's tag.
    WrongAuthor,
    /// A counter that is not above the one before.
    CounterNotRising,
    /// A counter that the author gave to another entry, of whatever document. What is looked at here
    /// cannot tell: whoever stores entries says so.
    CounterUsed,
    /// A value that is not bytes.
    NotBytes,
    /// A value of more than [`crate::entry::VALUE_MAX`] bytes.
    ValueTooLong,
    /// A value whose envelope does not decode.
    BadEnvelope,
    /// The author's first entry in the document is not `opened`.
    NotOpened,
    /// An `opened` entry that names another document.
    WrongDocument,
    /// Not the bytes that these entries have after this chain.
    NotCanonical,
}

impl VetError {
    /// The reason's stable code, `vet.` and a few words.
    pub fn code(self) -> &'static str {
        self.texts().0
    }

    /// What is wrong, as a fragment for logs.
    pub fn meaning(self) -> &'static str {
        self.texts().1
    }

    fn texts(self) -> (&'static str, &'static str) {
        match self {
            Self::TooLong => ("vet.too_long", "the change is too long"),
            Self::NotAChunk => ("vet.not_a_chunk", "not an automerge chunk"),
            Self::NotUncompressed => ("vet.not_uncompressed", "not an uncompressed change"),
            Self::WrongLength => ("vet.wrong_length", "another length than stated"),
            Self::WrongChecksum => ("vet.wrong_checksum", "another checksum than stated"),
            Self::Truncated => ("vet.truncated", "ends in the middle of something"),
            Self::OverlongNumber => ("vet.overlong_number", "a number is not in least form"),
            Self::WrongActor => ("vet.wrong_actor", "not the author's actor here"),
            Self::SeqTaken => ("vet.seq_taken", "the chain has this number already"),
            Self::SeqGap => ("vet.seq_gap", "the chain has not come to this number"),
            Self::WrongDeps => ("vet.wrong_deps", "depends on other than its predecessor"),
            Self::WrongStartOp => ("vet.wrong_start_op", "its ops do not follow the last"),
            Self::TooManyOps => ("vet.too_many_ops", "the chain has run out of op numbers"),
            Self::HasTime => ("vet.has_time", "states a time"),
            Self::HasMessage => ("vet.has_message", "has a message"),
            Self::OtherActors => ("vet.other_actors", "names other actors"),
            Self::ExtraBytes => ("vet.extra_bytes", "has bytes after its columns"),
            Self::WrongColumns => ("vet.wrong_columns", "not the columns of an entry change"),
            Self::TooManyRows => ("vet.too_many_rows", "a column claims too many rows"),
            Self::RowsDiffer => ("vet.rows_differ", "columns of different lengths"),
            Self::NoEntries => ("vet.no_entries", "has no entries"),
            Self::NotAPut => ("vet.not_a_put", "an op is not a put"),
            Self::NotOnRoot => ("vet.not_on_root", "an op is not on the root map"),
            Self::NotAMapKey => ("vet.not_a_map_key", "an op has no text key"),
            Self::HasPred => ("vet.has_pred", "an op replaces another"),
            Self::Inserts => ("vet.inserts", "an op inserts"),
            Self::Marks => ("vet.marks", "an op marks text"),
            Self::BadKey => ("vet.bad_key", "a key is not an entry key"),
            Self::WrongAuthor => ("vet.wrong_author", "a key has another author's tag"),
            Self::CounterNotRising => ("vet.counter_not_rising", "counters do not rise"),
            Self::CounterUsed => ("vet.counter_used", "a counter was given before"),
            Self::NotBytes => ("vet.not_bytes", "a value is not bytes"),
            Self::ValueTooLong => ("vet.value_too_long", "a value is too long"),
            Self::BadEnvelope => ("vet.bad_envelope", "an entry's envelope does not decode"),
            Self::NotOpened => (
                "vet.not_opened",
                "the first entry does not open the document",
            ),
            Self::WrongDocument => ("vet.wrong_document", "opens another document"),
            Self::NotCanonical => ("vet.not_canonical", "not written as we write it"),
        }
    }
}
