//! Who may do what: the roles that a grant gives. Rules that compare persons stand in `facts`.

use std::fmt;
use std::str::FromStr;

/// The role of a person under a grant.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, minicbor::Encode, minicbor::Decode,
)]
#[cbor(index_only)]
pub enum Role {
    /// 志愿者: adds, never reviews.
    #[n(0)]
    Volunteer,
    /// 居委干部: reviews and corrects in a committee.
    #[n(1)]
    Clerk,
    /// 工作站: sees and steers its subtree.
    #[n(2)]
    Station,
    /// 街道: sees and steers its subtree.
    #[n(3)]
    Street,
    /// 职能部门: accepts, returns, rectifies, reports.
    #[n(4)]
    Department,
    /// 消防机构: alone judges a major hazard (GB 35181-2025).
    #[n(5)]
    FireBody,
    /// 审计: reads.
    #[n(6)]
    Auditor,
}

impl Role {
    /// All roles, in the order of their codes.
    pub const ALL: [Self; 7] = [
        Self::Volunteer,
        Self::Clerk,
        Self::Station,
        Self::Street,
        Self::Department,
        Self::FireBody,
        Self::Auditor,
    ];

    /// The code in grants and entries.
    pub fn code(self) -> u8 {
        match self {
            Self::Volunteer => 0,
            Self::Clerk => 1,
            Self::Station => 2,
            Self::Street => 3,
            Self::Department => 4,
            Self::FireBody => 5,
            Self::Auditor => 6,
        }
    }

    /// The role with this code.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.code() == code)
    }

    /// The name in JSON and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Volunteer => "volunteer",
            Self::Clerk => "clerk",
            Self::Station => "station",
            Self::Street => "street",
            Self::Department => "department",
            Self::FireBody => "fire_body",
            Self::Auditor => "auditor",
        }
    }

    /// Registers, dispatches, extends, parks, hands over, closes.
    pub fn is_office(self) -> bool {
        matches!(self, Self::Clerk | Self::Station | Self::Street)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A text that names no role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no role")]
pub struct UnknownRole(pub String);

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        Self::ALL
            .into_iter()
            .find(|role| role.name() == text)
            .ok_or_else(|| UnknownRole(text.chars().take(40).collect()))
    }
}
