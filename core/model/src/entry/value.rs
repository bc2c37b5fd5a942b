//! Values that several kinds of entries share.

use crate::ids::Identity;

/// What a checker saw of one asset.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// Everything on the type's list is in order.
    Normal,
    /// Registered here, and not here.
    Missing,
    /// The fault codes found, sorted, at least one: only exceptions are spelled out.
    Faults(Vec<String>),
}

impl Outcome {
    /// The outcome of these fault codes: sorted, each once; none is [`Outcome::Normal`].
    pub fn of_faults(mut codes: Vec<String>) -> Self {
        codes.sort();
        codes.dedup();
        if codes.is_empty() {
            Self::Normal
        } else {
            Self::Faults(codes)
        }
    }
}

// `false` = missing, an array of texts = faults; normal is left out of the entry altogether.
impl<C> minicbor::Encode<C> for Outcome {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        ctx: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        match self {
            Self::Normal => e.array(0)?.ok(),
            Self::Missing => e.bool(false)?.ok(),
            Self::Faults(codes) => e.encode_with(codes, ctx)?.ok(),
        }
    }

    fn is_nil(&self) -> bool {
        matches!(self, Self::Normal)
    }
}

impl<'b, C> minicbor::Decode<'b, C> for Outcome {
    fn decode(d: &mut minicbor::Decoder<'b>, ctx: &mut C) -> Result<Self, minicbor::decode::Error> {
        if d.datatype()? == minicbor::data::Type::Bool {
            let at = d.position();
            return match d.bool()? {
                false => Ok(Self::Missing),
                true => Err(minicbor::decode::Error::message("outcome").at(at)),
            };
        }
        let codes: Vec<String> = d.decode_with(ctx)?;
        Ok(Self::of_faults(codes))
    }

    fn nil() -> Option<Self> {
        Some(Self::Normal)
    }
}

/// The value of one field of a place or asset.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FieldValue {
    /// Said to be empty.
    Empty,
    /// A number: a month index, a count, a code.
    Number(u64),
    /// A text.
    Text(String),
    /// Another thing.
    Id(Identity),
}

impl<C> minicbor::Encode<C> for FieldValue {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        ctx: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        match self {
            Self::Empty => e.bool(false)?.ok(),
            Self::Number(number) => e.u64(*number)?.ok(),
            Self::Text(text) => e.str(text)?.ok(),
            Self::Id(id) => id.encode(e, ctx),
        }
    }
}

impl<'b, C> minicbor::Decode<'b, C> for FieldValue {
    fn decode(d: &mut minicbor::Decoder<'b>, ctx: &mut C) -> Result<Self, minicbor::decode::Error> {
        use minicbor::data::Type;
        let at = d.position();
        match d.datatype()? {
            Type::Bool if !d.bool()? => Ok(Self::Empty),
            Type::U8 | Type::U16 | Type::U32 | Type::U64 => Ok(Self::Number(d.u64()?)),
            Type::String => Ok(Self::Text(d.str()?.to_owned())),
            Type::Bytes => Ok(Self::Id(Identity::decode(d, ctx)?)),
            _ => Err(minicbor::decode::Error::message("field value").at(at)),
        }
    }
}
