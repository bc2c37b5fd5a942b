//! What people call things: areas by code and name, places by their name. Reads only; who may write
//! them is `act`'s.

use doorstep_model::ids::{AreaId, Identity, PlaceId};
use rusqlite::OptionalExtension;

use crate::error::Result;
use crate::project::identity;
use crate::replica::Replica;

/// An area as the organisation declared it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredArea {
    /// Its code.
    pub code: AreaId,
    /// Its name.
    pub name: String,
    /// Its level: `city` to `grid`.
    pub level: String,
    /// The area that it is part of.
    pub parent: Option<AreaId>,
    /// First local day on which it is no more.
    pub until: Option<u32>,
}

/// A place with what tells it from others of the same name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedPlace {
    /// The place.
    pub id: PlaceId,
    /// Its name.
    pub name: String,
    /// Code of its area.
    pub area: String,
    /// Name of the building that holds it, when it is none itself.
    pub building: Option<String>,
}

impl Replica {
    /// Every area that the organisation declared, by code.
    ///
    /// # Errors
    /// [`crate::Error::Store`].
    pub fn declared_areas(&self) -> Result<Vec<DeclaredArea>> {
        let reader = self.reader()?;
        let mut select = reader.prepare_cached(
            "SELECT code, name, level, parent, until FROM area_row ORDER BY code, subject",
        )?;
        let mut rows = select.query([])?;
        let mut areas: Vec<DeclaredArea> = Vec::new();
        while let Some(row) = rows.next()? {
            let Ok(code) = AreaId::new(&row.get::<_, String>(0)?) else {
                continue;
            };
            if areas.last().is_some_and(|last| last.code == code) {
                continue;
            }
            let parent: Option<String> = row.get(3)?;
            areas.push(DeclaredArea {
                code,
                name: row.get(1)?,
                level: row.get(2)?,
                parent: parent.and_then(|parent| AreaId::new(&parent).ok()),
                until: row.get(4)?,
            });
        }
        Ok(areas)
    }

    /// Every place with exactly this name.
    ///
    /// # Errors
    /// [`crate::Error::Store`].
    pub fn places_named(&self, name: &str) -> Result<Vec<NamedPlace>> {
        let reader = self.reader()?;
        let mut select = reader.prepare_cached(
            "SELECT place.id, place.name, area.code, building.name FROM place \
             JOIN area ON area.id = place.area \
             LEFT JOIN place AS building ON building.id = place.building AND building.id <> place.id \
             WHERE place.name = ?1 ORDER BY area.code, building.name, place.id",
        )?;
        let mut rows = select.query([name])?;
        let mut places = Vec::new();
        while let Some(row) = rows.next()? {
            places.push(NamedPlace {
                id: PlaceId(identity(row, 0)?.unwrap_or(Identity::of_hash([0; 16]))),
                name: row.get(1)?,
                area: row.get(2)?,
                building: row.get(3)?,
            });
        }
        Ok(places)
    }

    /// The name of a place, after that of the building it is in.
    ///
    /// # Errors
    /// [`crate::Error::Store`].
    pub fn place_name(&self, id: PlaceId) -> Result<Option<String>> {
        Ok(self
            .reader()?
            .prepare_cached(
                "SELECT COALESCE(building.name || ' ', '') || place.name FROM place \
                 LEFT JOIN place AS building ON building.id = place.building \
                 AND building.id <> place.id WHERE place.id = ?1",
            )?
            .query_row([id.identity().as_bytes()], |row| row.get(0))
            .optional()?)
    }
}
