//! What there is: places, assets and the values of their fields. Which value holds is for the folds.

use minicbor::{Decode, Encode};

use crate::entry::value::FieldValue;
use crate::ids::{Identity, PlaceId};

/// What a place is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum PlaceKind {
    /// 小区, 里弄: a group of buildings.
    #[n(0)]
    Estate,
    /// 楼
    #[n(1)]
    Building,
    /// 单元, 楼道
    #[n(2)]
    Stairwell,
    /// 户
    #[n(3)]
    Household,
    /// 商铺, 单位: shop or other premises.
    #[n(4)]
    Premises,
    /// 公共部位: a corridor, yard or other common part.
    #[n(5)]
    CommonPart,
}

/// Kind 1.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct PlaceAdded {
    /// What it is.
    #[n(8)]
    pub kind: PlaceKind,
    /// What it is part of; a building has none.
    #[n(9)]
    pub parent: Option<PlaceId>,
    /// Name or number as printed on the door: `3号楼`, `204`.
    #[n(10)]
    pub name: String,
    /// Sorting number among its siblings, such as floor times 100 plus door.
    #[n(11)]
    pub order: Option<u32>,
}

/// How an asset got into the register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum Registration {
    /// Registered as planned.
    #[n(0)]
    Registered,
    /// 遗漏: found at the door, never registered.
    #[n(1)]
    FoundUnregistered,
    /// Made by a handout.
    #[n(2)]
    HandedOut,
    /// Imported from a register.
    #[n(3)]
    Imported,
}

/// Kind 2.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct AssetAdded {
    /// Asset type code of the pack, such as `extinguisher.dry_powder`.
    #[n(8)]
    pub asset_type: String,
    /// Where it is.
    #[n(9)]
    pub place: PlaceId,
    /// Label code, if one is stuck on.
    #[n(10)]
    pub label: Option<String>,
    /// Factory month: absent = not recorded, 0 = a person looked and it is unreadable, else the month.
    #[n(11)]
    pub factory: Option<u32>,
    /// Size as printed, such as `2kg`.
    #[n(12)]
    pub size: Option<String>,
    /// The handout batch that it came with.
    #[n(13)]
    pub batch: Option<Identity>,
    /// How it got into the register.
    #[n(14)]
    pub registration: Registration,
    /// The maker's stated life in years.
    #[n(15)]
    pub maker_life_years: Option<u8>,
}

/// A field of a place or asset that may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum Field {
    /// Name or number of a place.
    #[n(1)]
    Name,
    /// Label code of an asset or place.
    #[n(2)]
    Label,
    /// Factory month of an asset: 0 = unreadable, else the month.
    #[n(3)]
    Factory,
    /// Asset type.
    #[n(4)]
    AssetType,
    /// Where an asset is, or what a place is part of.
    #[n(5)]
    Place,
    /// Size as printed.
    #[n(6)]
    Size,
    /// The maker's stated life in years.
    #[n(7)]
    MakerLife,
    /// Household state: `lived_in`, `empty`, `moved_out`.
    #[n(8)]
    HouseholdState,
    /// Month of the battery of an alarm.
    #[n(9)]
    BatteryMonth,
    /// Sorting number among siblings.
    #[n(10)]
    Order,
}

/// Kind 3. `after` in the envelope names all values that the writer had seen.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct FieldSet {
    /// Which field.
    #[n(8)]
    pub field: Field,
    /// Its value.
    #[n(9)]
    pub value: FieldValue,
}
