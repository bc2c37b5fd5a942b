//! How a number of a report stands in a table's cell: counted above, reported below, never added.
//! Which lines and columns a table has is decided by who prints it.

use doorstep_model::report::{Amount, LineResult, Measured, Period, Reported};

/// What the records say; `None` is a gap. A rate has its coverage beside it.
pub(crate) fn measured(measured: &Measured) -> Option<String> {
    match measured {
        Measured::Count(count) => Some(amount(count.amount)),
        Measured::Rate(rate) => {
            let coverage = rate.coverage.and_then(|coverage| coverage.percent());
            let covered = coverage.map_or_else(String::new, |covered| format!(" (查{covered}%)"));
            Some(format!("{}%{covered}", rate.percent()))
        }
        Measured::Gap(_) => None,
    }
}

/// What texts say; several figures of one measure stand side by side; `None` is a gap.
pub(crate) fn reported(reported: &Reported) -> Option<String> {
    let figures = match reported {
        Reported::Figure(figure) => std::slice::from_ref(figure),
        Reported::Several(figures) => figures.as_slice(),
        Reported::Gap => return None,
    };
    let texts: Vec<String> = figures.iter().map(|figure| amount(figure.amount)).collect();
    Some(texts.join(", "))
}

fn amount(amount: Amount) -> String {
    match amount.is_lower_bound() {
        true => format!("{}余", amount.value),
        false => amount.value.to_string(),
    }
}

/// A cell in two lines; the second only where something was reported. `*` marks what was generated from
/// reported figures.
pub(crate) fn cell(measured: Option<&str>, generated: bool, reported: Option<&str>) -> String {
    let measured = measured.unwrap_or("—");
    let mark = if generated { "*" } else { "" };
    match reported {
        Some(reported) => format!("{measured}{mark}\n报 {reported}"),
        None => format!("{measured}{mark}"),
    }
}

/// The cell of a line in the column with this index; `None` where neither is.
pub(crate) fn of(line: &LineResult, column: usize, period: Period) -> Option<String> {
    let counted = line.measured.as_ref().and_then(|all| all.get(column));
    let told = line
        .reported
        .iter()
        .find(|(year, _)| Some(*year) == period.year())
        .and_then(|(_, told)| reported(told));
    let number = counted.and_then(|column| measured(&column.total));
    if number.is_none() && told.is_none() {
        return None;
    }
    let generated = counted.is_some_and(|column| column.total.is_generated());
    Some(cell(number.as_deref(), generated, told.as_deref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_is_a_dash_and_what_was_generated_says_so() {
        assert_eq!(cell(Some("83"), true, Some("80余")), "83*\n报 80余");
        assert_eq!(cell(None, false, Some("100")), "—\n报 100");
        assert_eq!(cell(None, false, None), "—");
    }
}
