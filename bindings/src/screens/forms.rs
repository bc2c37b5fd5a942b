//! What forms offer, as it crosses: the asset types, faults and hazards of an area's pack, with their
//! words.

use doorstep_model::ids::AreaId;
use doorstep_model::pack::Pack;

use crate::crossing::crosses;
use crate::error::{Result, Words};
use crate::handle::Doorstep;

crosses! {
    /// What forms offer.
    pub struct Forms {
        /// The pack's id.
        pub pack: String,
        /// Its number.
        pub number: u32,
        /// Types of assets.
        pub asset_types: Vec<AssetType>,
        /// Faults that a look can find.
        pub faults: Vec<Fault>,
        /// Kinds of hazards.
        pub hazards: Vec<HazardKind>,
    }
}

crosses! {
    /// A type of assets.
    pub struct AssetType {
        /// Its code.
        pub code: String,
        /// What people call it.
        pub name: Words,
        /// The codes of the faults that it can have.
        pub faults: Vec<String>,
    }
}

crosses! {
    /// A fault.
    pub struct Fault {
        /// Its code.
        pub code: String,
        /// What people call it.
        pub name: Words,
        /// How grave: 1 to 255.
        pub severity: u8,
        /// It makes the asset scrap at sight.
        pub scrap_at_sight: bool,
    }
}

crosses! {
    /// A kind of hazards.
    pub struct HazardKind {
        /// Its code.
        pub code: String,
        /// What people call it.
        pub name: Words,
        /// The level it starts with.
        pub level: u8,
        /// It must be put right the same day.
        pub same_day: bool,
    }
}

#[uniffi::export]
impl Doorstep {
    /// What forms of an area offer.
    pub fn forms(&self, area: AreaId) -> Result<Forms> {
        self.call("Doorstep.forms", area, |replica, area| {
            Ok(Forms::from(&replica.pack(&area)?))
        })
    }
}

impl From<&Pack> for Forms {
    fn from(pack: &Pack) -> Self {
        let asset_types = pack.assets().iter().map(|asset| AssetType {
            code: asset.id.clone(),
            name: Words::from(&asset.name),
            faults: pack
                .faults_of(&asset.id)
                .map(|fault| fault.code.clone())
                .collect(),
        });
        let faults = pack.faults().iter().map(|fault| Fault {
            code: fault.code.clone(),
            name: Words::from(&fault.name),
            severity: fault.severity,
            scrap_at_sight: fault.scrap_at_sight,
        });
        let hazards = pack.hazards().iter().map(|hazard| HazardKind {
            code: hazard.id.clone(),
            name: Words::from(&hazard.name),
            level: hazard.level,
            same_day: hazard.same_day,
        });
        Self {
            pack: pack.id().to_owned(),
            number: pack.number(),
            asset_types: asset_types.collect(),
            faults: faults.collect(),
            hazards: hazards.collect(),
        }
    }
}
