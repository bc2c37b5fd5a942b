//! What can be wrong with an imported file: each problem has a line, a code that stays the same,
//! and a sentence in both languages that says what to do. Reading files stands elsewhere.

use doorstep_model::label::LabelError;
use doorstep_model::message::Lang;
use serde::Serialize;

/// One problem of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Line of the file, from 1; 0 = the file as a whole.
    pub line: u64,
    /// Column as its header has it, where one is to blame.
    pub column: Option<String>,
    /// The code, such as `import.not_utf8`; of a label one of `label.*`.
    pub code: &'static str,
    /// What becomes of it.
    pub severity: Severity,
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

/// What a problem does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The row is taken; something in it was cleaned.
    Warning,
    /// The row is refused, and with it the file, unless bad rows are to be skipped.
    Row,
    /// The file is refused whatever is to be skipped.
    File,
}

/// What is wrong, before it is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wrong {
    FileTooLarge { bytes: usize, max: usize },
    TooManyRows { max: usize },
    Empty,
    Columns { expected: String, found: String },
    NotUtf8,
    Nul,
    Cleaned,
    CellCount { expected: usize, found: usize },
    Quotes,
    CellTooLong { characters: usize, max: usize },
    EntryTooLong { bytes: usize, max: usize },
    Blank,
    Duplicate { first: u64 },
    Contradiction { first: u64 },
    AreaCode { found: String },
    UnknownArea { found: String },
    UnknownParent { found: String },
    ParentRefused { found: String },
    ParentLevel { parent: String, child: String },
    NotOneOf { found: String, known: String },
    NotADate { found: String },
    YearNotFirst { found: String },
    ImpossibleDate { found: String },
    AmbiguousMonth { found: String },
    MonthMissing { found: String },
    Future { found: String },
    Before1970 { found: String },
    UntilNotAfterFrom,
    ServiceBeforeFactory { service: String, factory: String },
    Label { found: String, why: LabelError },
    Number { found: String },
    TwoDecimals { found: String },
    Percent { found: String },
    Range { found: String },
    Year { found: String },
    Row { found: String },
    Nearly,
    PrecisionAgainstQuote { found: String },
}

impl Problem {
    pub(super) fn of_file(wrong: Wrong) -> Self {
        Self::new(0, None, Severity::File, wrong)
    }

    pub(super) fn of_row(line: u64, wrong: Wrong) -> Self {
        Self::new(line, None, Severity::Row, wrong)
    }

    pub(super) fn of_cell(line: u64, column: &str, wrong: Wrong) -> Self {
        let severity = match wrong {
            Wrong::Cleaned => Severity::Warning,
            _ => Severity::Row,
        };
        Self::new(line, Some(column), severity, wrong)
    }

    pub(super) fn new(line: u64, column: Option<&str>, severity: Severity, wrong: Wrong) -> Self {
        let (code, zh, en) = wrong.told();
        Self {
            line,
            column: column.map(str::to_owned),
            code,
            severity,
            zh,
            en,
        }
    }

    /// True of what keeps its row out.
    pub fn refuses(&self) -> bool {
        self.severity > Severity::Warning
    }
}

impl Wrong {
    fn told(self) -> (&'static str, String, String) {
        let (code, zh, en) = match self {
            Self::FileTooLarge { bytes, max } => (
                "import.file_too_large",
                format!("文件有{bytes}字节,上限{max};请拆成几个文件"),
                format!("the file has {bytes} bytes, at most {max}: split it"),
            ),
            Self::TooManyRows { max } => (
                "import.too_many_rows",
                format!("超过{max}行;请拆成几个文件"),
                format!("more than {max} rows: split the file"),
            ),
            Self::Empty => (
                "import.empty",
                "文件为空;第一行应是列名".into(),
                "the file is empty: its first line must name the columns".into(),
            ),
            Self::Columns { expected, found } => (
                "import.columns",
                format!("列名不符;应为 {expected};实为 {found}"),
                format!("wrong columns: expected {expected}; found {found}"),
            ),
            Self::NotUtf8 => (
                "import.not_utf8",
                "不是UTF-8;请另存为“CSV UTF-8”".into(),
                "not UTF-8: save the file as \"CSV UTF-8\"".into(),
            ),
            Self::Nul => (
                "import.nul",
                "含空字符(NUL);请删去该行内容后重填".into(),
                "a NUL character: type the row again".into(),
            ),
            Self::Cleaned => (
                "import.cleaned",
                "已清除控制字符或方向字符;请核对".into(),
                "control or direction characters were taken out: have a look".into(),
            ),
            Self::CellCount { expected, found } => (
                "import.cell_count",
                format!("应有{expected}格,实有{found}格;内容含逗号的要加引号"),
                format!("{found} cells where the header has {expected}: quote what holds a comma"),
            ),
            Self::Quotes => (
                "import.quotes",
                "引号不成对;引号内的引号要写两个".into(),
                "quotes do not pair: write a quote inside quotes twice".into(),
            ),
            Self::CellTooLong { characters, max } => (
                "import.cell_too_long",
                format!("{characters}个字,上限{max};请缩短"),
                format!("{characters} characters, at most {max}: shorten it"),
            ),
            Self::EntryTooLong { bytes, max } => (
                "import.entry_too_long",
                format!("整行合计{bytes}字节,上限{max};请缩短原文或备注"),
                format!("{bytes} bytes together, at most {max}: shorten quote or note"),
            ),
            Self::Blank => (
                "import.blank",
                "此格必填".into(),
                "this cell must not be blank".into(),
            ),
            Self::Duplicate { first } => (
                "import.duplicate",
                format!("与第{first}行重复;请留一行"),
                format!("the same as line {first}: keep one"),
            ),
            Self::Contradiction { first } => (
                "import.contradiction",
                format!("与第{first}行说的是同一项,但数不同;请核对原文"),
                format!("tells another number for what line {first} tells: look at the text"),
            ),
            Self::AreaCode { found } => (
                "import.area_code",
                format!("“{found}”不是区域代码;应为1至24位字母、数字或 - _"),
                format!("{found:?} is no area code: 1 to 24 letters, digits, - or _"),
            ),
            Self::UnknownArea { found } => (
                "import.unknown_area",
                format!("没有区域“{found}”;请先导入区域"),
                format!("no area {found:?}: import the areas first"),
            ),
            Self::UnknownParent { found } => (
                "import.unknown_parent",
                format!("上级区域“{found}”不在文件中,也未导入过"),
                format!("the parent {found:?} is neither in the file nor imported before"),
            ),
            Self::ParentRefused { found } => (
                "import.parent_refused",
                format!("上级区域“{found}”所在行有误;先改那一行"),
                format!("the row of the parent {found:?} is refused: mend it first"),
            ),
            Self::ParentLevel { parent, child } => (
                "import.parent_level",
                format!("“{parent}”不能是“{child}”的上级"),
                format!("a {parent} cannot be the parent of a {child}"),
            ),
            Self::NotOneOf { found, known } => (
                "import.not_one_of",
                format!("“{found}”不认识;可用:{known}"),
                format!("{found:?} is not known; one of: {known}"),
            ),
            Self::NotADate { found } => (
                "import.not_a_date",
                format!("“{found}”不是日期;请写成2016-11或2016-11-05"),
                format!("{found:?} is no date: write 2016-11 or 2016-11-05"),
            ),
            Self::YearNotFirst { found } => (
                "import.year_not_first",
                format!("“{found}”不知何为年;请把四位年份写在前面,如2016-11"),
                format!(
                    "{found:?} may be read in several ways: write the four-digit year first, 2016-11"
                ),
            ),
            Self::ImpossibleDate { found } => (
                "import.impossible_date",
                format!("没有“{found}”这一天或这个月"),
                format!("there is no such day or month as {found:?}"),
            ),
            Self::AmbiguousMonth { found } => (
                "import.ambiguous_month",
                format!("“{found}”可能是1月,也可能是丢了零的10月;请写成两位月份"),
                format!(
                    "{found:?} may be January or an October that lost its zero: write two digits"
                ),
            ),
            Self::MonthMissing { found } => (
                "import.month_missing",
                format!("“{found}”只有年份;看不清月份写“无法辨认”,没人看过留空"),
                format!(
                    "{found:?} is a year only: write \"unreadable\" if the month cannot be read, leave blank if nobody looked"
                ),
            ),
            Self::Future { found } => (
                "import.future",
                format!("“{found}”在今天之后;请核对"),
                format!("{found:?} is after today: look again"),
            ),
            Self::Before1970 { found } => (
                "import.before_1970",
                format!("“{found}”早于1970年;一向如此的请留空"),
                format!("{found:?} is before 1970: leave blank what was so since ever"),
            ),
            Self::UntilNotAfterFrom => (
                "import.until_not_after_from",
                "止日不晚于起日".into(),
                "the end is not after the beginning".into(),
            ),
            Self::ServiceBeforeFactory { service, factory } => (
                "import.service_before_factory",
                format!("维修{service}早于出厂{factory}"),
                format!("a service {service} before the factory month {factory}"),
            ),
            Self::Label { found, why } => (
                why.code(),
                format!("“{found}”不是标签编号:{}", why.message(Lang::Zh)),
                format!("{found:?} is no label code: {}", why.message(Lang::En)),
            ),
            Self::Number { found } => (
                "import.number",
                format!("“{found}”不是数;请写成896或5330.9,余、近写在精度列"),
                format!(
                    "{found:?} is no number: write 896 or 5330.9; 余 belongs in the precision column"
                ),
            ),
            Self::TwoDecimals { found } => (
                "import.two_decimals",
                format!("“{found}”超过一位小数;只存一位"),
                format!("{found:?} has more than one decimal: one is kept"),
            ),
            Self::Percent { found } => (
                "import.percent",
                format!("{found}%超过100%"),
                format!("{found} % is more than 100 %"),
            ),
            Self::Range { found } => (
                "import.range",
                format!("“{found}”是范围,不是一个数;请写下限并标lower_bound"),
                format!("{found:?} is a range: give its lower end as lower_bound"),
            ),
            Self::Year { found } => (
                "import.year",
                format!("“{found}”不是1949年至今的年份"),
                format!("{found:?} is no year from 1949 to this one"),
            ),
            Self::Row { found } => (
                "import.row",
                format!("“{found}”不是行号;应如S01"),
                format!("{found:?} is no row of the register: write S01"),
            ),
            Self::Nearly => (
                "import.nearly",
                "“近”是不到这个数,既非准数,也非下限;不导入".into(),
                "近 means a little less: neither exact nor at least, so it is not imported".into(),
            ),
            Self::PrecisionAgainstQuote { found } => (
                "import.precision_against_quote",
                format!("原文是“{found}”,不是准数;精度应为lower_bound"),
                format!("the text says {found:?}: the precision is lower_bound, not exact"),
            ),
        };
        (code, zh, en)
    }
}

/// What was found, short enough for a message.
pub(super) fn shown(text: &str) -> String {
    const SHOWN: usize = 40;
    match text.chars().count() > SHOWN {
        true => text.chars().take(SHOWN).chain("…".chars()).collect(),
        false => text.to_owned(),
    }
}
