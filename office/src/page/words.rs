//! Every word of the page in both languages: a language is complete because the type asks for each
//! word. Numbers and times are written here too, since languages differ in them.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

/// The language of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// Chinese: what everybody gets who does not ask for another.
    #[default]
    Chinese,
    /// English.
    English,
}

/// Which areas a page shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Shown {
    /// All of them.
    #[default]
    All,
    /// Those with something to do for the office.
    Attention,
}

/// The words of the page.
pub(super) struct Words {
    pub(super) tag: &'static str,
    pub(super) product: &'static str,
    pub(super) today: &'static str,
    pub(super) as_of: &'static str,
    pub(super) zone: &'static str,
    pub(super) skip: &'static str,
    pub(super) other_language: &'static str,
    pub(super) refresh: &'static str,
    pub(super) show_all: &'static str,
    pub(super) show_attention: &'static str,
    pub(super) no_attention: &'static str,
    pub(super) alarms: &'static str,
    pub(super) area: &'static str,
    pub(super) last_sync: &'static str,
    pub(super) received: &'static str,
    pub(super) unsent: &'static str,
    pub(super) held: &'static str,
    pub(super) contradictions: &'static str,
    pub(super) hazards: &'static str,
    pub(super) phones: &'static str,
    pub(super) silent: &'static str,
    pub(super) total: &'static str,
    pub(super) unknown: &'static str,
    pub(super) never: &'static str,
    pub(super) first_step: &'static str,
    pub(super) first_step_why: &'static str,
    pub(super) then_step: &'static str,
    pub(super) legend: &'static str,
    pub(super) live: &'static str,
    pub(super) lost: &'static str,
    pub(super) still: &'static str,
    pub(super) trouble: &'static str,
    pub(super) trouble_next: &'static str,
}

const CHINESE: Words = Words {
    tag: "zh-CN",
    product: "上门",
    today: "今天",
    as_of: "截至",
    zone: "北京时间",
    skip: "跳到表格",
    other_language: "English",
    refresh: "刷新",
    show_all: "全部地区",
    show_attention: "只看要处理的",
    no_attention: "没有要处理的地区。",
    alarms: "警报",
    area: "地区",
    last_sync: "最近同步",
    received: "已收到记录",
    unsent: "还在手机上",
    held: "待审",
    contradictions: "矛盾",
    hazards: "未销隐患",
    phones: "手机",
    silent: "7 天没消息的手机",
    total: "合计",
    unknown: "不知道",
    never: "还没有同步过",
    first_step: "第一步：导入地区",
    first_step_why: "这里还没有地区。在这台电脑上运行：",
    then_step: "然后用 doorstep invite 给每位志愿者发一张邀请。导入后本页自动出现地区。",
    legend: "“—”表示不知道，不是 0。“还在手机上”是手机上次同步时说的。",
    live: "实时更新中",
    lost: "与办公室的连接断了，正在重连；下面的数字可能是旧的",
    still: "本页不会自动更新，请按“刷新”",
    trouble: "办公室的数据现在读不出来",
    trouble_next: "请稍后刷新。如果一直这样，请在这台电脑上运行 doorstep verify，并把结果交给负责人。",
};

const ENGLISH: Words = Words {
    tag: "en",
    product: "Doorstep",
    today: "Today",
    as_of: "As of",
    zone: "Beijing time",
    skip: "Skip to the table",
    other_language: "中文",
    refresh: "Refresh",
    show_all: "All areas",
    show_attention: "Only what needs attention",
    no_attention: "No area needs attention.",
    alarms: "Alarms",
    area: "Area",
    last_sync: "Last sync",
    received: "Records received",
    unsent: "Still on phones",
    held: "Held for review",
    contradictions: "Contradictions",
    hazards: "Open hazards",
    phones: "Phones",
    silent: "Silent for 7 days",
    total: "Total",
    unknown: "not known",
    never: "never synced",
    first_step: "First step: import the areas",
    first_step_why: "There are no areas here yet. On this computer, run:",
    then_step: "Then give every volunteer an invitation with doorstep invite. The areas appear here by themselves.",
    legend: "“—” means not known; it is not 0. “Still on phones” is what the phones said at their last sync.",
    live: "Updating live",
    lost: "The connection to the office is lost, trying again; the numbers below may be old",
    still: "This page does not update by itself: press Refresh",
    trouble: "The office's data cannot be read now",
    trouble_next: "Refresh in a moment. If it stays like this, run doorstep verify on this computer and give the result to whoever looks after it.",
};

impl Language {
    /// The language that a query asks for by `lang=`.
    pub fn asked(query: Option<&str>) -> Self {
        match query {
            Some("en") => Self::English,
            _ => Self::Chinese,
        }
    }

    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Chinese => "zh",
            Self::English => "en",
        }
    }

    pub(super) fn other(self) -> Self {
        match self {
            Self::Chinese => Self::English,
            Self::English => Self::Chinese,
        }
    }

    pub(super) fn words(self) -> &'static Words {
        match self {
            Self::Chinese => &CHINESE,
            Self::English => &ENGLISH,
        }
    }

    /// Of how many areas a phone has been here at all.
    pub(super) fn synced_areas(self, n: usize, m: usize) -> String {
        match self {
            Self::Chinese => format!("{m} 个地区中 {n} 个同步过"),
            Self::English => format!("{n} of {} synced", areas(m)),
        }
    }

    /// Of how many areas a number is the sum.
    pub(super) fn known_areas(self, n: usize, m: usize) -> String {
        match self {
            Self::Chinese => format!("{m} 个地区中 {n} 个有数"),
            Self::English => format!("known for {n} of {}", areas(m)),
        }
    }

    /// What a screen reader says after an update.
    pub(super) fn summary(self, received: u64, held: u64, contradictions: u64) -> String {
        let (received, held, contradictions) =
            (grouped(received), grouped(held), grouped(contradictions));
        match self {
            Self::Chinese => {
                format!("已收到 {received} 条，待审 {held} 条，矛盾 {contradictions} 处")
            }
            Self::English => format!(
                "{received} records received, {held} held for review, contradictions: {contradictions}"
            ),
        }
    }

    /// A moment as seen from another: the clock time today, the day before that, the year if it is
    /// not this one.
    pub(super) fn moment(self, at: i64, now: i64) -> String {
        let (Some(at), Some(now)) = (local(at), local(now)) else {
            return "—".to_owned();
        };
        let clock = at.strftime("%H:%M");
        let yesterday = now.date().yesterday().ok();
        match self {
            _ if at.year() != now.year() => at.strftime("%Y-%m-%d").to_string(),
            Self::Chinese if at.date() == now.date() => format!("今天 {clock}"),
            Self::English if at.date() == now.date() => format!("today {clock}"),
            Self::Chinese if Some(at.date()) == yesterday => format!("昨天 {clock}"),
            Self::English if Some(at.date()) == yesterday => format!("yesterday {clock}"),
            Self::Chinese => format!("{}月{}日 {clock}", at.month(), at.day()),
            Self::English => at.strftime("%-d %b %H:%M").to_string(),
        }
    }
}

impl Shown {
    /// What a query asks for by `show=`.
    pub fn asked(query: Option<&str>) -> Self {
        match query {
            Some("attention") => Self::Attention,
            _ => Self::All,
        }
    }
}

fn areas(m: usize) -> String {
    match m {
        1 => "1 area".to_owned(),
        m => format!("{m} areas"),
    }
}

/// The address of the page in a language, relative to itself.
pub(super) fn query(language: Language, shown: Shown) -> String {
    let lang = language.code();
    match shown {
        Shown::All => format!("?lang={lang}"),
        Shown::Attention => format!("?lang={lang}&show=attention"),
    }
}

/// Date and clock time at +08:00, to the second.
pub(super) fn full_moment(at: i64) -> String {
    local(at).map_or_else(
        || "—".to_owned(),
        |at| at.strftime("%Y-%m-%d %H:%M:%S").to_string(),
    )
}

/// The moment for machines, RFC 3339 at +08:00.
pub(super) fn machine_moment(at: i64) -> String {
    local(at).map_or_else(String::new, |at| {
        at.strftime("%Y-%m-%dT%H:%M:%S+08:00").to_string()
    })
}

/// The local time of the product: +08:00, all year. None outside the years -9999 to 9999.
fn local(at: i64) -> Option<DateTime> {
    Some(Offset::constant(8).to_datetime(Timestamp::from_second(at).ok()?))
}

/// A number with a comma after every three digits.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-26 10:32:05 at +08:00.
    const NOW: i64 = 1_795_660_325;

    #[test]
    fn a_moment_is_told_from_where_the_reader_stands() {
        let day = 86_400;
        for (at, zh, en) in [
            (NOW, "今天 10:32", "today 10:32"),
            (NOW - 10 * 3600, "今天 00:32", "today 00:32"),
            (NOW - 11 * 3600, "昨天 23:32", "yesterday 23:32"),
            (NOW - 6 * day, "11月20日 10:32", "20 Nov 10:32"),
            (NOW - 365 * day, "2025-11-26", "2025-11-26"),
            (i64::MAX, "—", "—"),
        ] {
            assert_eq!(Language::Chinese.moment(at, NOW), zh);
            assert_eq!(Language::English.moment(at, NOW), en);
        }
        assert_eq!(full_moment(NOW), "2026-11-26 10:32:05");
        assert_eq!(machine_moment(NOW), "2026-11-26T10:32:05+08:00");
    }

    #[test]
    fn digits_stand_in_threes() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (9_321, "9,321"),
            (1_234_567, "1,234,567"),
            (u64::MAX, "18,446,744,073,709,551,615"),
        ] {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn who_asks_for_nothing_known_gets_chinese_and_everything() {
        for asked in [None, Some(""), Some("zh"), Some("fr")] {
            assert_eq!(Language::asked(asked), Language::Chinese);
            assert_eq!(Shown::asked(asked), Shown::All);
        }
        assert_eq!(Language::asked(Some("en")), Language::English);
        assert_eq!(Shown::asked(Some("attention")), Shown::Attention);
    }
}
