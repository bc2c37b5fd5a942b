//! The list of a round in a building: which doors to visit and assets to check, cut into entries that
//! each fit. What was covered is the model's.

use doorstep_model::entry::{PlaceKind, VALUE_MAX};
use doorstep_model::ids::{AssetId, Identity, PlaceId};
use rusqlite::Connection;

use crate::error::{Error, Result};

/// What a round looks at in one building.
#[derive(Debug, Clone, PartialEq, Eq, Default, minicbor::Encode, minicbor::Decode)]
#[cbor(array)]
pub struct Targets {
    /// Doors to visit.
    #[n(0)]
    pub doors: Vec<PlaceId>,
    /// Assets to check.
    #[n(1)]
    pub assets: Vec<AssetId>,
}

/// Most bytes of an identity in a list.
const ID_ROOM: usize = 18;

/// Room for everything else in an entry with a list, bytes.
const HEAD_ROOM: usize = 200;

/// Most targets of one part.
pub(super) const PART: usize = (VALUE_MAX - HEAD_ROOM) / ID_ROOM;

impl Targets {
    /// Every door and asset of a building that this replica knows, but assets that ended.
    pub(super) fn of_building(tx: &Connection, building: Identity) -> Result<Self> {
        let mut doors = Vec::new();
        let mut select = tx.prepare_cached(
            "SELECT id FROM place WHERE building = ?1 AND kind IN (?2, ?3) ORDER BY id",
        )?;
        let kinds = (PlaceKind::Household as u8, PlaceKind::Premises as u8);
        let mut rows = select.query((building.as_bytes(), kinds.0, kinds.1))?;
        while let Some(row) = rows.next()? {
            doors.extend(Identity::from_slice(&row.get::<_, Vec<u8>>(0)?).map(PlaceId));
        }
        let mut assets = Vec::new();
        let mut select = tx.prepare_cached(
            "SELECT id FROM asset WHERE building = ?1 AND ended IS NULL ORDER BY id",
        )?;
        let mut rows = select.query([building.as_bytes()])?;
        while let Some(row) = rows.next()? {
            assets.extend(Identity::from_slice(&row.get::<_, Vec<u8>>(0)?).map(AssetId));
        }
        Ok(Self { doors, assets })
    }

    /// The list in parts that each fit an entry, at least one; each thing once.
    pub(super) fn parts(mut self) -> Result<Vec<Self>> {
        self.doors.sort_unstable();
        self.doors.dedup();
        self.assets.sort_unstable();
        self.assets.dedup();
        let doors = self.doors.chunks(PART).map(|doors| Self {
            doors: doors.to_vec(),
            assets: Vec::new(),
        });
        let assets = self.assets.chunks(PART).map(|assets| Self {
            doors: Vec::new(),
            assets: assets.to_vec(),
        });
        let mut parts: Vec<Self> = doors.chain(assets).collect();
        if let [doors, assets] = parts.as_mut_slice()
            && doors.doors.len() + assets.assets.len() <= PART
        {
            doors.assets = std::mem::take(&mut assets.assets);
            parts.pop();
        }
        if parts.is_empty() {
            parts.push(Self::default());
        }
        if parts.len() > usize::from(u16::MAX) {
            return Err(Error::refused("round.list_too_long"));
        }
        Ok(parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use doorstep_model::ids::AuthorTag;

    fn ids(count: u64) -> impl Iterator<Item = Identity> {
        (0..count).map(|n| Identity::of_entry(AuthorTag([1; 4]), n))
    }

    #[test]
    fn a_stairwell_is_one_part() {
        let targets = Targets {
            doors: ids(24).map(PlaceId).collect(),
            assets: ids(48).map(AssetId).chain(ids(1).map(AssetId)).collect(),
        };
        let parts = targets.parts().unwrap();
        assert_eq!(parts.len(), 1);
        assert_eq!((parts[0].doors.len(), parts[0].assets.len()), (24, 48));
    }

    #[test]
    fn a_tower_is_cut_and_nothing_is_left_out() {
        let targets = Targets {
            doors: ids(500).map(PlaceId).collect(),
            assets: ids(1_000).map(AssetId).collect(),
        };
        let parts = targets.parts().unwrap();
        assert!(parts.len() > 2);
        assert_eq!(
            parts.iter().map(|part| part.doors.len()).sum::<usize>(),
            500
        );
        assert_eq!(
            parts.iter().map(|part| part.assets.len()).sum::<usize>(),
            1_000
        );
    }

    #[test]
    fn an_empty_list_is_said_too() {
        assert_eq!(Targets::default().parts().unwrap().len(), 1);
    }
}
