//! The register: places and assets come to be, and their fields get values. Label codes are checked
//! and given here; what they mean on several things is the model's.

use doorstep_model::calendar::local_day;
use doorstep_model::document::DocumentName;
use doorstep_model::entry::{AssetAdded, Field, FieldSet, FieldValue, PlaceAdded, PlaceKind};
use doorstep_model::facts::fields;
use doorstep_model::ids::{AreaId, AssetId, Identity, PlaceId};
use doorstep_model::label::{Label, LabelError};
use rand_core::Rng;

use super::{Acting, Fingerprint, Tap, find, text};
use crate::error::{Error, Result};
use crate::meta::{self, Key};
use crate::project;
use crate::replica::{Replica, Session};

/// The first factory month that is taken, 1950-01: before it the stamp was misread.
const FIRST_MONTH: u32 = 1950 * 12;

/// States that a household may have.
const HOUSEHOLD_STATES: [&str; 3] = ["lived_in", "empty", "moved_out"];

impl Replica {
    /// Adds a place. A building or estate stands alone in `area`, or else in the grant's area; a
    /// stairwell or household stands in its parent; premises and common parts may do either.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown parent; [`Error::Refused`] with `place.stands_alone`,
    /// `place.needs_parent`, `text.empty` or `text.too_long`.
    pub fn add_place(
        &self,
        tap: &Tap,
        area: Option<&AreaId>,
        place: PlaceAdded,
    ) -> Result<PlaceId> {
        let print = Fingerprint::of("add_place").with(area).with(&place);
        self.act(tap, &print, |acting| {
            let place = PlaceAdded {
                name: text::name(&place.name)?,
                ..place
            };
            use PlaceKind::{Building, Estate, Household, Stairwell};
            let made = match (place.kind, place.parent) {
                (Building | Estate, Some(_)) => {
                    return Err(Error::refused("place.stands_alone"));
                }
                (Stairwell | Household, None) => {
                    return Err(Error::refused("place.needs_parent"));
                }
                (_, Some(parent)) => {
                    let spot = find::place(acting.session, parent)?;
                    acting.put_new(&spot.area, |_| spot.document(), place)?
                }
                (_, None) => {
                    let own = acting.session.me()?.grant.area.clone();
                    let area = area.cloned().unwrap_or(own);
                    acting.put_new(&area, DocumentName::Place, place)?
                }
            };
            Ok(PlaceId(made))
        })
    }

    /// Adds an asset at a place, with its label if one is stuck on.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown place; [`Error::Refused`] with `asset.unknown_type`,
    /// `label.*` or `factory.*`.
    pub fn add_asset(&self, tap: &Tap, asset: AssetAdded) -> Result<AssetId> {
        let print = Fingerprint::of("add_asset").with(&asset);
        self.act(tap, &print, |acting| {
            let spot = find::place(acting.session, asset.place)?;
            know_type(acting, &spot.area, &asset.asset_type)?;
            let label = match &asset.label {
                Some(typed) => Some(take_label(acting.session, typed)?),
                None => None,
            };
            if let Some(month) = asset.factory {
                sane_month(acting, month, true)?;
            }
            let asset = AssetAdded {
                label,
                size: text::short(asset.size)?,
                ..asset
            };
            let made = acting.put_new(&spot.area, |_| spot.document(), asset)?;
            Ok(AssetId(made))
        })
    }

    /// Gives a field of a place or asset a value. It replaces every value that this replica knows, so
    /// a form shows them all before.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown thing; [`Error::Refused`] with `field.not_here`,
    /// `field.wrong_value`, `asset.unknown_type`, `label.*` or `factory.*`.
    pub fn set_field(
        &self,
        tap: &Tap,
        subject: Identity,
        field: Field,
        value: FieldValue,
    ) -> Result<Identity> {
        let print = Fingerprint::of("set_field")
            .with(subject)
            .with(field)
            .with(&value);
        self.act(tap, &print, |acting| {
            let is_place = find::stands(acting.session.tx(), find::Table::Place, subject)?;
            if !is_place {
                find::must_stand(acting.session.tx(), find::Table::Asset, subject)?;
            }
            if !belongs(field, is_place) {
                return Err(Error::refused("field.not_here"));
            }
            let (area, name) = find::home(acting.session, subject)?;
            let value = sane_value(acting, &area, field, value)?;
            set(acting, &area, &name, subject, field, value)
        })
    }

    /// The label to stick on next: the lowest of this author's block above all that were used here,
    /// else one drawn from the part of the code space that needs no block. Using it moves on.
    ///
    /// # Errors
    /// [`Error::NotEnrolled`].
    pub fn next_label(&self) -> Result<Label> {
        self.write(|session| {
            if let Some((first, count)) = session.me()?.grant.labels {
                let next = next_number(session, first)?;
                if next < first + u64::from(count)
                    && let Ok(label) = Label::from_number(next)
                {
                    return Ok(label);
                }
            }
            Ok(Label::loose(session.rng.next_u64()))
        })
    }
}

fn next_number(session: &Session<'_>, first: u64) -> Result<u64> {
    let kept = meta::get_array::<8>(session.tx(), Key::NextLabel)?.map(u64::from_be_bytes);
    Ok(kept.map_or(first, |kept| kept.max(first)))
}

/// A typed label as it is stored; the own block moves on past it.
fn take_label(session: &Session<'_>, typed: &str) -> Result<String> {
    let label: Label = typed.parse().map_err(refused_label)?;
    if let Some((first, count)) = session.me()?.grant.labels
        && (first..first + u64::from(count)).contains(&label.number())
        && label.number() >= next_number(session, first)?
    {
        let next = label.number() + 1;
        meta::set(session.tx(), Key::NextLabel, &next.to_be_bytes())?;
    }
    Ok(label.to_string())
}

fn refused_label(error: LabelError) -> Error {
    let details = match &error {
        LabelError::Length { found } => vec![("found", found.to_string())],
        LabelError::LookAlike { character, place } | LabelError::Character { character, place } => {
            vec![
                ("character", character.to_string()),
                ("place", place.to_string()),
            ]
        }
        LabelError::Check => Vec::new(),
        LabelError::Block { start } => vec![("start", start.to_string())],
        LabelError::Number { number } => vec![("number", number.to_string())],
    };
    Error::Refused {
        code: error.code(),
        details,
    }
}

fn know_type(acting: &mut Acting<'_, '_>, area: &AreaId, asset_type: &str) -> Result<()> {
    let pack = find::pack(acting.session, area)?;
    match pack.pack.asset(asset_type) {
        Some(_) => Ok(()),
        None => Err(Error::Refused {
            code: "asset.unknown_type",
            details: vec![("type", text::clean(asset_type))],
        }),
    }
}

/// Writes the factory month that was read at a look.
pub(super) fn set_factory(
    acting: &mut Acting<'_, '_>,
    asset: AssetId,
    thing: &find::Thing,
    month: u32,
) -> Result<()> {
    sane_month(acting, month, true)?;
    let value = FieldValue::Number(month.into());
    set(
        acting,
        &thing.area,
        &thing.document(),
        asset.identity(),
        Field::Factory,
        value,
    )?;
    Ok(())
}

fn set(
    acting: &mut Acting<'_, '_>,
    area: &AreaId,
    name: &DocumentName,
    subject: Identity,
    field: Field,
    value: FieldValue,
) -> Result<Identity> {
    let door = &mut acting.session.door;
    let gathered = project::entries(door.tx, door.directory, subject)?;
    let state = fields::fold(&gathered.placed(|_| true));
    let after = state
        .fields
        .get(&field)
        .map(fields::FieldState::identities)
        .unwrap_or_default();
    acting.put_after(area, name, subject, FieldSet { field, value }, after)
}

/// The month of now, as entries write months.
pub(super) fn this_month(acting: &Acting<'_, '_>) -> u32 {
    let today = local_day(acting.session.now);
    let year = u32::try_from(today.year()).unwrap_or(0);
    year * 12 + u32::try_from(today.month()).unwrap_or(1) - 1
}

/// Refuses a month that cannot be: to come, or of before there were such things. 0 = unreadable,
/// where that may be said.
pub(super) fn sane_month(acting: &Acting<'_, '_>, month: u32, unreadable: bool) -> Result<()> {
    if unreadable && month == 0 {
        return Ok(());
    }
    if month > this_month(acting) {
        return Err(Error::refused("factory.future"));
    }
    if month < FIRST_MONTH {
        return Err(Error::refused("factory.impossible"));
    }
    Ok(())
}

/// Whether places, or else assets, have this field.
fn belongs(field: Field, place: bool) -> bool {
    match field {
        Field::Label | Field::Place => true,
        Field::Name | Field::HouseholdState | Field::Order => place,
        Field::Factory
        | Field::AssetType
        | Field::Size
        | Field::MakerLife
        | Field::BatteryMonth => !place,
    }
}

/// The value as it is stored, or why it cannot be one of this field.
fn sane_value(
    acting: &mut Acting<'_, '_>,
    area: &AreaId,
    field: Field,
    value: FieldValue,
) -> Result<FieldValue> {
    let wrong = || Error::refused("field.wrong_value");
    Ok(match (field, value) {
        (Field::Name | Field::AssetType | Field::Place, FieldValue::Empty) => return Err(wrong()),
        (_, FieldValue::Empty) => FieldValue::Empty,
        (Field::Name | Field::Size, FieldValue::Text(typed)) => {
            FieldValue::Text(text::name(&typed)?)
        }
        (Field::Label, FieldValue::Text(typed)) => {
            FieldValue::Text(take_label(acting.session, &typed)?)
        }
        (Field::AssetType, FieldValue::Text(code)) => {
            know_type(acting, area, &code)?;
            FieldValue::Text(code)
        }
        (Field::HouseholdState, FieldValue::Text(state))
            if HOUSEHOLD_STATES.contains(&state.as_str()) =>
        {
            FieldValue::Text(state)
        }
        (Field::Place, FieldValue::Id(place)) => {
            find::must_stand(acting.session.tx(), find::Table::Place, place)?;
            FieldValue::Id(place)
        }
        (Field::Factory | Field::BatteryMonth, FieldValue::Number(number)) => {
            let month = u32::try_from(number).map_err(|_| wrong())?;
            sane_month(acting, month, field == Field::Factory)?;
            FieldValue::Number(number)
        }
        (Field::MakerLife, FieldValue::Number(years @ 1..=99)) => FieldValue::Number(years),
        (Field::Order, FieldValue::Number(order)) if u32::try_from(order).is_ok() => {
            FieldValue::Number(order)
        }
        _ => return Err(wrong()),
    })
}
