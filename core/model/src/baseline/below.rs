//! What a baseline says of the rounds below the horizon instead of their entries: how far each author's
//! chain in each of their documents has come, so that late work there can still be vetted. Which
//! documents these are is the replica's to know.

use minicbor::{Decode, Encode};

use super::{DocumentKey, NotAPiece, deflate, inflate};
use crate::change::ChainState;
use crate::entry::encode;
use crate::ids::AuthorTag;

/// The chains of the documents that a baseline leaves out.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(array)]
pub struct ChainsBelow {
    /// The documents, each with at least one chain.
    #[n(0)]
    pub documents: Vec<DocumentKey>,
    /// The authors that chains name by index.
    #[n(1)]
    pub authors: Vec<AuthorTag>,
    /// Every author's chain in every document that it wrote in.
    #[n(2)]
    pub chains: Vec<ChainBelow>,
}

/// One author's chain in one document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct ChainBelow {
    /// Index of the document.
    #[n(0)]
    pub document: u32,
    /// Index of the author.
    #[n(1)]
    pub author: u32,
    /// Where its next change goes on.
    #[n(2)]
    pub state: ChainState,
}

impl ChainsBelow {
    /// The chains as a piece.
    pub fn to_piece(&self) -> Vec<u8> {
        deflate(&encode(self))
    }

    /// Reads a piece.
    ///
    /// # Errors
    /// [`NotAPiece`], also where a chain has no change or names what is not there.
    pub fn from_piece(bytes: &[u8]) -> Result<Self, NotAPiece> {
        let below: Self = inflate(bytes)?;
        let fits = below.chains.iter().all(|chain| {
            (chain.document as usize) < below.documents.len()
                && (chain.author as usize) < below.authors.len()
                && chain.state.seq > 0
                && ChainState::from_bytes(&chain.state.to_bytes()).is_ok()
        });
        match fits {
            true => Ok(below),
            false => Err(NotAPiece("chains that do not fit".to_owned())),
        }
    }
}
