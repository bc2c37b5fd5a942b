//! The JSON of a report. A missing number is `"value": null` with `"gap": true`, never 0; days are
//! `YYYY-MM-DD`; entries are their identities as text, and no list stands where there are none or
//! none were asked for. Field names are for ever.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::entry::Precision;
use crate::ids::Identity;
use crate::report::amount::Amount;
use crate::report::frame::NamedAreas;
use crate::report::period::day_text;
use crate::report::reported::{Figure, Reported, UnplacedFigure};
use crate::report::result::{
    Column, Count, Coverage, Gap, LineResult, Measured, PartCount, Rate, Report, Side, Sum,
};
use crate::report::text::GENERATED;

fn precision_name(amount: Amount) -> &'static str {
    match amount.precision {
        Precision::Exact => "exact",
        Precision::LowerBound => "lower_bound",
    }
}

/// Entries as their texts.
struct Texts<'a>(&'a [Identity]);

impl Serialize for Texts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(Identity::to_string))
    }
}

fn put_entries<M: SerializeMap>(map: &mut M, entries: &[Identity]) -> Result<(), M::Error> {
    match entries.is_empty() {
        true => Ok(()),
        false => map.serialize_entry("entries", &Texts(entries)),
    }
}

struct Parts<'a>(&'a [PartCount]);

impl Serialize for Parts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|part| (part.part.name(), &part.side)))
    }
}

impl Serialize for Side {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("value", &self.value)?;
        put_entries(&mut map, &self.entries)?;
        map.end()
    }
}

impl Serialize for Coverage {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("checked", &self.checked)?;
        map.serialize_entry("registered", &self.registered)?;
        map.serialize_entry("percent", &self.percent())?;
        map.serialize_entry("on", &day_text(self.on))?;
        map.end()
    }
}

impl Serialize for Measured {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Count(count) => count.serialize(serializer),
            Self::Rate(rate) => rate.serialize(serializer),
            Self::Gap(gap) => gap.serialize(serializer),
        }
    }
}

impl Serialize for Count {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("value", &self.amount.value)?;
        map.serialize_entry("precision", precision_name(self.amount))?;
        map.serialize_entry("gap", &false)?;
        map.serialize_entry("generated", &self.generated)?;
        if self.generated > 0 {
            map.serialize_entry("generated_note", &GENERATED)?;
        }
        if let Some(corrections) = &self.corrections {
            map.serialize_entry("corrections", corrections)?;
        }
        map.serialize_entry("parts", &Parts(&self.parts))?;
        map.serialize_entry("covered", &self.covered)?;
        put_entries(&mut map, &self.entries)?;
        map.end()
    }
}

impl Serialize for Rate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("value", &self.percent())?;
        map.serialize_entry("gap", &false)?;
        map.serialize_entry("part", &self.part)?;
        map.serialize_entry("whole", &self.whole)?;
        map.serialize_entry("on", &day_text(self.on))?;
        map.serialize_entry("coverage", &self.coverage)?;
        map.serialize_entry("generated", &self.generated)?;
        if self.generated > 0 {
            map.serialize_entry("generated_note", &GENERATED)?;
        }
        map.serialize_entry("parts", &Parts(&self.parts))?;
        map.serialize_entry("covered", &self.covered)?;
        map.end()
    }
}

impl Serialize for Gap {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("value", &None::<u64>)?;
        map.serialize_entry("gap", &true)?;
        map.serialize_entry("coverage", &self.coverage)?;
        map.serialize_entry("parts", &Parts(&self.parts))?;
        map.serialize_entry("covered", &self.covered)?;
        map.end()
    }
}

impl Serialize for Column {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Areas<'a>(&'a Column);
        impl Serialize for Areas<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let areas = self.0.areas.iter();
                serializer.collect_map(areas.map(|(area, measured)| (area.as_str(), measured)))
            }
        }
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("period", &self.period)?;
        map.serialize_entry("total", &self.total)?;
        map.serialize_entry("areas", &Areas(self))?;
        map.end()
    }
}

impl Serialize for Sum {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("value", &self.amount.value)?;
        map.serialize_entry("precision", precision_name(self.amount))?;
        map.serialize_entry("known", &self.known)?;
        map.serialize_entry("of", &self.of)?;
        map.end()
    }
}

impl Serialize for Figure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("value", &self.amount.value)?;
        map.serialize_entry("precision", precision_name(self.amount))?;
        map.serialize_entry("gap", &false)?;
        map.serialize_entry("unit", &self.unit)?;
        map.serialize_entry("row", &self.row)?;
        map.serialize_entry("measure", &self.measure)?;
        map.serialize_entry("quotes", &self.quotes)?;
        map.serialize_entry("notes", &self.notes)?;
        map.serialize_entry("cumulative", &self.cumulative)?;
        put_entries(&mut map, &self.entries)?;
        map.end()
    }
}

impl Serialize for Reported {
    /// One shape for all three: a number, several that nobody may add, or a gap.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Figure(figure) => figure.serialize(serializer),
            Self::Several(figures) => {
                let mut map = serializer.serialize_map(None)?;
                map.serialize_entry("value", &None::<u64>)?;
                map.serialize_entry("gap", &false)?;
                map.serialize_entry("several", figures)?;
                map.end()
            }
            Self::Gap => {
                let mut map = serializer.serialize_map(None)?;
                map.serialize_entry("value", &None::<u64>)?;
                map.serialize_entry("gap", &true)?;
                map.end()
            }
        }
    }
}

impl Serialize for UnplacedFigure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("year", &self.year)?;
        map.serialize_entry("reason", self.reason.name())?;
        map.serialize_entry("figure", &self.figure)?;
        map.end()
    }
}

impl Serialize for NamedAreas {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", &self.name)?;
        map.serialize_entry("on", &day_text(self.on))?;
        map.serialize_entry("count", &self.members.len())?;
        let members: Vec<_> = self.members.iter().map(|(area, _)| area.as_str()).collect();
        map.serialize_entry("members", &members)?;
        map.end()
    }
}

impl Serialize for LineResult {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Years<'a>(&'a [(u16, Reported)]);
        impl Serialize for Years<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_map(self.0.iter().map(|(year, told)| (year, told)))
            }
        }
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", &self.line.id)?;
        map.serialize_entry("name", &self.line.name)?;
        map.serialize_entry("unit", &self.line.unit)?;
        map.serialize_entry("note", &self.line.note)?;
        map.serialize_entry("cumulative", &self.line.cumulative)?;
        map.serialize_entry("joined", &self.joined)?;
        map.serialize_entry("measured", &self.measured)?;
        map.serialize_entry("measured_sum", &self.measured_sum)?;
        map.serialize_entry("reported", &Years(&self.reported))?;
        map.serialize_entry("reported_sum", &self.reported_sum)?;
        map.end()
    }
}

impl Serialize for Report {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("register", &self.register.0)?;
        map.serialize_entry("register_number", &self.register.1)?;
        map.serialize_entry("areas", &self.areas)?;
        map.serialize_entry("cut_off", &day_text(self.cut_off))?;
        map.serialize_entry("periods", &self.periods)?;
        map.serialize_entry("lines", &self.lines)?;
        map.serialize_entry("charts", &self.charts)?;
        map.serialize_entry("unplaced", &self.unplaced)?;
        map.serialize_entry("rows_outside_areas", &self.outside)?;
        map.end()
    }
}
