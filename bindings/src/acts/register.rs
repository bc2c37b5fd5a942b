//! The register, as it crosses: places and assets, their fields, notes, service, handouts.

use doorstep_model::entry::{
    AssetAdded, Field as ModelField, FieldValue, HandoutLine, Note, PlaceAdded, Service,
};
use doorstep_model::ids::{AreaId, AssetId, PhotoHash, PlaceId};

use crate::crossing::crosses;
use crate::error::Result;
use crate::handle::Doorstep;
use crate::ids::{EntryId, Subject, Tap};
use crate::terms::{Factory, Field, PlaceKind, Registration, ServiceKind};
use crate::time::{Day, Month};

crosses! {
    /// A place.
    pub struct NewPlace {
        /// What it is.
        pub kind: PlaceKind,
        /// Name or number as printed on the door.
        pub name: String,
        /// What it is part of; a building or estate has none.
        #[uniffi(default = None)]
        pub parent: Option<PlaceId>,
        /// Sorting number among its siblings, such as floor times 100 plus door.
        #[uniffi(default = None)]
        pub order: Option<u32>,
    }
}

crosses! {
    /// An asset.
    pub struct NewAsset {
        /// Type code of the pack.
        pub asset_type: String,
        /// Where it is.
        pub place: PlaceId,
        /// How it got into the register.
        pub registration: Registration,
        /// Label code, if one is stuck on.
        #[uniffi(default = None)]
        pub label: Option<String>,
        /// When it was made; nothing is the same as not recorded.
        #[uniffi(default = None)]
        pub factory: Option<Factory>,
        /// Size as printed.
        #[uniffi(default = None)]
        pub size: Option<String>,
        /// The handout batch that it came with.
        #[uniffi(default = None)]
        pub batch: Option<EntryId>,
        /// The maker's stated life in years.
        #[uniffi(default = None)]
        pub maker_life_years: Option<u8>,
    }
}

crosses! {
    /// A value for a field of a place or asset.
    pub enum NewValue {
        /// The field is empty.
        Nothing {
            /// Which.
            field: Field,
        },
        /// Name or number of a place.
        Name {
            /// It.
            text: String,
        },
        /// Label code.
        Label {
            /// It.
            code: String,
        },
        /// When an asset was made.
        Factory {
            /// It.
            factory: Factory,
        },
        /// Type of an asset.
        AssetType {
            /// Code of the pack.
            code: String,
        },
        /// Where an asset is, or what a place is part of.
        Place {
            /// It.
            place: PlaceId,
        },
        /// Size as printed.
        Size {
            /// It.
            text: String,
        },
        /// The maker's stated life.
        MakerLife {
            /// In years.
            years: u8,
        },
        /// Household state: `lived_in`, `empty`, `moved_out`.
        HouseholdState {
            /// It.
            state: String,
        },
        /// Month of the battery of an alarm.
        BatteryMonth {
            /// It.
            month: Month,
        },
        /// Sorting number among siblings.
        Order {
            /// It.
            order: u32,
        },
    }
}

crosses! {
    /// What was done to an asset.
    pub struct NewService {
        /// What.
        pub kind: ServiceKind,
        /// In which month.
        pub month: Month,
        /// By which firm, as printed.
        #[uniffi(default = None)]
        pub firm: Option<String>,
        /// Reason, such as `10.0.8-9`.
        #[uniffi(default = None)]
        pub note: Option<String>,
        /// The asset that replaces it.
        #[uniffi(default = None)]
        pub successor: Option<AssetId>,
    }
}

crosses! {
    /// What a household or point got of a batch.
    pub struct NewHandout {
        /// Of which batch.
        pub batch: EntryId,
        /// How many.
        pub quantity: u32,
        /// Unit as printed.
        pub unit: String,
        /// What is handed out.
        pub item: String,
        /// The day; else the batch's.
        #[uniffi(default = None)]
        pub day: Option<Day>,
    }
}

#[uniffi::export]
impl Doorstep {
    /// Adds a place. A building or estate stands in `area`, or else in the grant's area; a stairwell or
    /// household stands in its parent.
    pub fn add_place(&self, tap: Tap, area: Option<AreaId>, place: NewPlace) -> Result<PlaceId> {
        self.call(
            "Doorstep.add_place",
            (tap, area, place),
            |replica, (tap, area, place)| {
                let place = PlaceAdded {
                    kind: place.kind.for_entry()?,
                    parent: place.parent,
                    name: place.name,
                    order: place.order,
                };
                Ok(replica.add_place(&tap.into(), area.as_ref(), place)?)
            },
        )
    }

    /// Adds an asset at a place, with its label if one is stuck on.
    pub fn add_asset(&self, tap: Tap, asset: NewAsset) -> Result<AssetId> {
        self.call(
            "Doorstep.add_asset",
            (tap, asset),
            |replica, (tap, asset)| {
                let asset = AssetAdded {
                    asset_type: asset.asset_type,
                    place: asset.place,
                    label: asset.label,
                    factory: asset.factory.and_then(Factory::for_entry),
                    size: asset.size,
                    batch: asset.batch,
                    registration: asset.registration.for_entry()?,
                    maker_life_years: asset.maker_life_years,
                };
                Ok(replica.add_asset(&tap.into(), asset)?)
            },
        )
    }

    /// Gives a field of a place or asset a value. It replaces every value that this replica knows, so a
    /// form shows them all before.
    pub fn set_field(&self, tap: Tap, subject: Subject, value: NewValue) -> Result<EntryId> {
        self.call(
            "Doorstep.set_field",
            (tap, subject, value),
            |replica, (tap, subject, value)| {
                let (field, value) = value.for_entry()?;
                Ok(replica.set_field(&tap.into(), subject.into(), field, value)?)
            },
        )
    }

    /// The label to stick on next. Using it moves on.
    pub fn next_label(&self) -> Result<String> {
        self.call("Doorstep.next_label", (), |replica, ()| {
            Ok(replica.next_label()?.to_string())
        })
    }

    /// Adds words or photos to anything.
    pub fn note(
        &self,
        tap: Tap,
        subject: Subject,
        text: String,
        photos: Vec<PhotoHash>,
    ) -> Result<EntryId> {
        self.call(
            "Doorstep.note",
            (tap, subject, text, photos),
            |replica, (tap, subject, text, photos)| {
                let note = Note {
                    text,
                    photos: Some(photos),
                };
                Ok(replica.note(&tap.into(), subject.into(), note)?)
            },
        )
    }

    /// Records what was done to an asset: its state follows from it.
    pub fn service(&self, tap: Tap, asset: AssetId, service: NewService) -> Result<EntryId> {
        self.call(
            "Doorstep.service",
            (tap, asset, service),
            |replica, (tap, asset, service)| {
                let service = Service {
                    kind: service.kind.for_entry()?,
                    month: service.month.number(),
                    firm: service.firm,
                    note: service.note,
                    successor: service.successor,
                };
                Ok(replica.service(&tap.into(), asset, service)?)
            },
        )
    }

    /// Records what a household or point got of a batch.
    pub fn handout(&self, tap: Tap, place: PlaceId, handout: NewHandout) -> Result<EntryId> {
        self.call(
            "Doorstep.handout",
            (tap, place, handout),
            |replica, (tap, place, handout)| {
                let line = HandoutLine {
                    batch: handout.batch,
                    quantity: handout.quantity,
                    unit: handout.unit,
                    day: handout.day.map(Day::number),
                    item: handout.item,
                };
                Ok(replica.handout_line(&tap.into(), place, line)?)
            },
        )
    }
}

impl NewValue {
    fn for_entry(self) -> Result<(ModelField, FieldValue)> {
        Ok(match self {
            Self::Nothing { field } => (field.for_entry()?, FieldValue::Empty),
            Self::Name { text } => (ModelField::Name, FieldValue::Text(text)),
            Self::Label { code } => (ModelField::Label, FieldValue::Text(code)),
            Self::Factory { factory } => {
                let value = match factory.for_entry() {
                    Some(month) => FieldValue::Number(month.into()),
                    None => FieldValue::Empty,
                };
                (ModelField::Factory, value)
            }
            Self::AssetType { code } => (ModelField::AssetType, FieldValue::Text(code)),
            Self::Place { place } => (ModelField::Place, FieldValue::Id(place.identity())),
            Self::Size { text } => (ModelField::Size, FieldValue::Text(text)),
            Self::MakerLife { years } => (ModelField::MakerLife, FieldValue::Number(years.into())),
            Self::HouseholdState { state } => (ModelField::HouseholdState, FieldValue::Text(state)),
            Self::BatteryMonth { month } => {
                let number = month.number();
                (ModelField::BatteryMonth, FieldValue::Number(number.into()))
            }
            Self::Order { order } => (ModelField::Order, FieldValue::Number(order.into())),
        })
    }
}
