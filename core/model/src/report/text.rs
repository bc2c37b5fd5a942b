//! A report in words, Chinese and English: one paragraph a line, in the sentences of the annual
//! summaries. Only prints; every number comes ready from `result`.

use std::fmt::Write as _;

use serde::Serialize;

use crate::report::amount::{Amount, Decimal};
use crate::report::line::Language::{self, En, Zh};
use crate::report::line::{Line, Words};
use crate::report::period::{Period, day_text};
use crate::report::reported::Reported;
use crate::report::result::{Column, Count, Covered, Gap, LineResult, Measured, PartCount, Rate};
use crate::report::result::{Report, Sum};
use crate::report::tally::Part;

/// What stands beside every number that was generated from the reported figures.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct GeneratedNote {
    zh: &'static str,
    en: &'static str,
}

pub(super) const GENERATED: GeneratedNote = GeneratedNote {
    zh: "由上报数生成:只证明流程通,不证明属实",
    en: "generated from the reported figures: proves plumbing, not truth",
};

/// How measured numbers are printed. Reported ones are always printed as their text has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rounding {
    /// As counted.
    AsCounted,
    /// As the summaries round: see [`Amount::rounded_down`].
    Down,
}

impl Report {
    /// The report in words.
    pub fn text(&self, language: Language, rounding: Rounding) -> String {
        let printer = Printer {
            report: self,
            language,
            rounding,
        };
        printer.text()
    }
}

/// A number with its unit: `3030只`, `80余处`, `more than 80 places`, `97.3%`.
pub fn amount_text(amount: Amount, line: &Line, language: Language) -> String {
    let unit = line.unit.in_language(language);
    if unit == "%" {
        return format!("{}%", amount.value);
    }
    match (language, amount.is_lower_bound()) {
        (Zh, false) => format!("{}{unit}", amount.value),
        (Zh, true) => format!("{}余{unit}", amount.value),
        (En, false) => format!("{} {unit}", grouped(amount.value)),
        (En, true) => format!("more than {} {unit}", grouped(amount.value)),
    }
}

/// `9321` as `9,321`.
fn grouped(number: Decimal) -> String {
    let text = number.to_string();
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut grouped = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped + rest
}

struct Printer<'a> {
    report: &'a Report,
    language: Language,
    rounding: Rounding,
}

impl Printer<'_> {
    fn say(&self, zh: &str, en: &str) -> String {
        match self.language {
            Zh => zh.to_owned(),
            En => en.to_owned(),
        }
    }

    fn text(&self) -> String {
        let mut text = String::new();
        let (day, areas) = (day_text(self.report.cut_off), &self.report.areas);
        let (name, on) = (areas.name.in_language(self.language), day_text(areas.on));
        let head = match self.language {
            Zh => format!("截至{day};{name}({on})。"),
            En => format!("Up to {day}; {name} ({on})."),
        };
        text.push_str(&head);
        text.push('\n');
        for line in &self.report.lines {
            self.line(&mut text, line);
        }
        for figure in &self.report.unplaced {
            let told = figure.figure.quotes.join(" / ");
            let head = self.say("未列入任何一行", "On no line");
            let _ = writeln!(text, "\n{head}: {} {told}", figure.year);
        }
        text
    }

    fn line(&self, text: &mut String, result: &LineResult) {
        let line = &result.line;
        let (name, unit) = (
            line.name.in_language(self.language),
            line.unit.in_language(self.language),
        );
        let _ = match self.language {
            Zh => writeln!(text, "\n{} {name}({unit})", line.id),
            En => writeln!(text, "\n{} {name} ({unit})", line.id),
        };
        let stop = self.say("。", ".");
        let comma = self.say(",", "; ");
        if !result.reported.is_empty() {
            let told = result.reported.iter();
            let told: Vec<_> = told
                .map(|(year, told)| self.told(line, *year, told))
                .collect();
            let sum = self.sum(line, result.reported_sum.filter(|_| told.len() > 1));
            let head = self.say("上报:", "Reported: ");
            let _ = writeln!(text, "  {head}{}{sum}{stop}", told.join(&comma));
        }
        if let Some(columns) = &result.measured {
            let counted: Vec<_> = columns.iter().map(|c| self.measured(line, c)).collect();
            let sum = result.measured_sum.filter(|_| counted.len() > 1);
            let sum = self.sum(line, sum.map(|sum| self.rounded_sum(sum)));
            let head = self.say("实测:", "Measured: ");
            let _ = writeln!(text, "  {head}{}{sum}{stop}", counted.join(&comma));
        }
        if let Some(note) = &line.note {
            let head = self.say("注:", "Note: ");
            let _ = writeln!(text, "  {head}{}", note.in_language(self.language));
        }
    }

    fn rounded(&self, amount: Amount) -> Amount {
        match self.rounding {
            Rounding::AsCounted => amount,
            Rounding::Down => amount.rounded_down(),
        }
    }

    fn rounded_sum(&self, sum: Sum) -> Sum {
        Sum {
            amount: self.rounded(sum.amount),
            ..sum
        }
    }

    fn sum(&self, line: &Line, sum: Option<Sum>) -> String {
        let Some(sum) = sum else {
            return String::new();
        };
        let (amount, known, of) = (
            amount_text(sum.amount, line, self.language),
            sum.known,
            sum.of,
        );
        let months = matches!(self.report.periods.first(), Some(Period::Month(_)));
        match (self.language, months) {
            (Zh, false) => format!(";合计{amount}({of}年中{known}年有数)"),
            (Zh, true) => format!(";合计{amount}({of}个月中{known}个月有数)"),
            (En, false) => format!("; together {amount} ({known} of {of} years)"),
            (En, true) => format!("; together {amount} ({known} of {of} months)"),
        }
    }

    fn period(&self, period: Period) -> String {
        match (self.language, period) {
            (Zh, Period::Year(year)) => format!("{year}年"),
            (Zh, Period::Month(_)) => format!("{period} "),
            (En, _) => format!("{period}: "),
        }
    }

    fn sentence(&self, line: &Line, amount: Amount) -> String {
        let amount = amount_text(amount, line, self.language);
        line.sentence
            .in_language(self.language)
            .replace("{n}", &amount)
    }

    fn told(&self, line: &Line, year: u16, told: &Reported) -> String {
        let year = self.period(Period::Year(year));
        match told {
            Reported::Figure(figure) => {
                let cumulative = match figure.cumulative {
                    true => self.say("(累计)", " (cumulative)"),
                    false => String::new(),
                };
                format!("{year}{}{cumulative}", self.sentence(line, figure.amount))
            }
            Reported::Several(figures) => {
                let numbers = figures.iter();
                let numbers: Vec<_> = numbers
                    .map(|figure| amount_text(figure.amount, line, self.language))
                    .collect();
                let apart = self.say("(数个,不相加)", " (several, not added)");
                format!("{year}{}{apart}", numbers.join(" / "))
            }
            Reported::Gap => format!("{year}—"),
        }
    }

    fn measured(&self, line: &Line, column: &Column) -> String {
        let period = self.period(column.period);
        let said = match &column.total {
            Measured::Count(count) => self.count(line, count),
            Measured::Rate(rate) => self.rate(line, rate),
            Measured::Gap(gap) => self.gap(gap),
        };
        let generated = match (column.total.is_generated(), self.language) {
            (false, _) => String::new(),
            (true, Zh) => format!("【{}】", GENERATED.zh),
            (true, En) => format!(" [{}]", GENERATED.en),
        };
        format!("{period}{said}{generated}")
    }

    fn count(&self, line: &Line, count: &Count) -> String {
        let amount = self.rounded(count.amount);
        let mut beside: Vec<String> = Vec::new();
        beside.extend(count.corrections.as_ref().map(|side| match self.language {
            Zh => format!("另有更正{}", side.value),
            En => format!("corrections apart {}", side.value),
        }));
        beside.extend(self.parts(&count.parts));
        beside.extend(self.coverage_of_areas(count.covered));
        self.sentence(line, amount) + &self.in_brackets(&beside)
    }

    fn rate(&self, line: &Line, rate: &Rate) -> String {
        let (part, whole) = (rate.part.value, rate.whole.value);
        let mut beside = vec![format!("{part}/{whole}")];
        beside.extend(rate.coverage.map(|coverage| {
            let (checked, registered) = (coverage.checked, coverage.registered);
            let percent = coverage.percent().map(|p| format!(" = {p}%"));
            let (percent, on) = (percent.unwrap_or_default(), day_text(coverage.on));
            match self.language {
                Zh => format!("已查/在册 {checked}/{registered}{percent},{on}"),
                En => format!("checked/registered {checked}/{registered}{percent}, {on}"),
            }
        }));
        if rate.coverage.is_none() {
            let day = day_text(rate.on);
            beside.push(self.say(&format!("截至{day}"), &format!("as of {day}")));
        }
        beside.extend(self.parts(&rate.parts));
        beside.extend(self.coverage_of_areas(rate.covered));
        let percent = Amount {
            value: rate.percent(),
            ..Amount::exact(0)
        };
        self.sentence(line, percent) + &self.in_brackets(&beside)
    }

    fn gap(&self, gap: &Gap) -> String {
        let mut beside = vec![self.say("无记录", "no record")];
        let registered = gap.coverage.filter(|coverage| coverage.registered > 0);
        beside.extend(registered.map(|coverage| match self.language {
            Zh => format!("已查/在册 0/{}", coverage.registered),
            En => format!("checked/registered 0/{}", coverage.registered),
        }));
        let parts = gap
            .parts
            .iter()
            .filter(|part| part.part != Part::NotChecked);
        beside.extend(parts.map(|part| self.part(part)));
        format!("—{}", self.in_brackets(&beside))
    }

    fn coverage_of_areas(&self, covered: Covered) -> Option<String> {
        let (known, of) = (covered.areas, covered.of_areas);
        (known < of).then(|| match self.language {
            Zh => format!("{of}个区域中{known}个有数"),
            En => format!("{known} of {of} areas"),
        })
    }

    fn parts(&self, parts: &[PartCount]) -> Vec<String> {
        parts.iter().map(|part| self.part(part)).collect()
    }

    fn part(&self, part: &PartCount) -> String {
        let value = part.side.value;
        let Words { zh, en } = part.part.words();
        self.say(&format!("{zh}{value}"), &format!("{en} {value}"))
    }

    fn in_brackets(&self, beside: &[String]) -> String {
        match (beside.is_empty(), self.language) {
            (true, _) => String::new(),
            (false, Zh) => format!("({})", beside.join(",")),
            (false, En) => format!(" ({})", beside.join(", ")),
        }
    }
}
