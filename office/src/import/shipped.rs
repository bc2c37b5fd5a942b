//! The data that ships with the office: the sub-district's areas, places and reported figures, with
//! their sources in office/data/laoximen/README.md. Only bytes; the readers stand beside.

/// The district, the sub-district and its committees.
pub const LAOXIMEN_AREAS: &[u8] = include_bytes!("../../data/laoximen/areas.csv");

/// Places that the annual summaries name.
pub const LAOXIMEN_PLACES: &[u8] = include_bytes!("../../data/laoximen/places.csv");

/// Figures that the annual summaries 2013-2017 report.
pub const LAOXIMEN_FIGURES: &[u8] = include_bytes!("../../data/laoximen/figures.csv");
