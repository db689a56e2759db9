//! A fault rule: where, when, and which fault.
//!
//! Must not accept a fault that cannot strike at its point.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::{Fault, FaultPoint, FaultSpecError, Lasting, parse_duration, written_duration};

/// Where, when, and which fault: `POINT:WHEN:FAULT[/DURATION]`.
///
/// - `create:0.05:reset-after-body` strikes each create with a probability of one in twenty (`5%`
///   says the same);
/// - `create:next:none,hang,429=12s` is a script: the next create succeeds, the second hangs, the
///   third is refused;
/// - `all:0.01:500/30s` starts, with a probability of one in a hundred, half a minute in which
///   every request is answered with 500;
/// - `get:always:latency=2s` makes every lookup slow.
///
/// `docs/simulator.md` lists every fault and what it does.
///
/// ```
/// use idcloud_simulator::FaultRule;
///
/// let rule: FaultRule = "create:5%:reset-after-processing".parse()?;
/// assert_eq!(rule.to_string(), "create:0.05:reset-after-processing");
/// assert!("webhook:always:503".parse::<FaultRule>().is_err());
/// # Ok::<(), idcloud_simulator::FaultSpecError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct FaultRule {
    pub(crate) point: FaultPoint,
    pub(crate) when: When,
    /// One fault; a script may have any number.
    pub(crate) faults: Vec<Lasting>,
}

/// When a fault strikes.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum When {
    /// At the next arrivals, one fault each, in order.
    Next,
    /// At every arrival.
    Always,
    /// At each arrival with this probability, from 0 to 1.
    Chance(f64),
}

impl FaultRule {
    /// A script: the faults of the next arrivals at `point`, in order.
    ///
    /// # Errors
    /// [`FaultSpecError::Place`] for a fault that cannot strike there.
    pub fn script(
        point: FaultPoint,
        faults: impl IntoIterator<Item = Fault>,
    ) -> Result<Self, FaultSpecError> {
        let lasts = Duration::ZERO;
        let faults = faults.into_iter().map(|fault| Lasting { fault, lasts });
        Self::checked(point, When::Next, faults.collect())
    }

    /// One fault at `point`, always or by chance.
    ///
    /// # Errors
    /// [`FaultSpecError::Place`] for a fault that cannot strike there, [`FaultSpecError::When`] for
    /// a number that is not a probability.
    pub fn new(point: FaultPoint, when: When, fault: Fault) -> Result<Self, FaultSpecError> {
        let lasts = Duration::ZERO;
        Self::checked(point, when, vec![Lasting { fault, lasts }])
    }

    /// Where it strikes.
    #[must_use]
    pub const fn point(&self) -> FaultPoint {
        self.point
    }

    /// When it strikes.
    #[must_use]
    pub const fn when(&self) -> When {
        self.when
    }

    fn checked(
        point: FaultPoint,
        when: When,
        faults: Vec<Lasting>,
    ) -> Result<Self, FaultSpecError> {
        if let When::Chance(probability) = when
            && !(0.0..=1.0).contains(&probability)
        {
            return Err(FaultSpecError::When);
        }
        if faults.iter().all(|one| can_strike(one.fault, point)) {
            Ok(Self {
                point,
                when,
                faults,
            })
        } else {
            Err(FaultSpecError::Place)
        }
    }
}

fn can_strike(fault: Fault, point: FaultPoint) -> bool {
    match fault {
        Fault::None | Fault::Latency(_) => true,
        Fault::Lose | Fault::Duplicate | Fault::Reorder | Fault::Forge => {
            point == FaultPoint::Webhook
        }
        Fault::Refuse | Fault::ResetBeforeBody | Fault::Hang { processed: false } => {
            point != FaultPoint::Webhook
        }
        // The token endpoint returns no id and takes no token.
        Fault::WithoutId | Fault::RevokeToken => !matches!(
            point,
            FaultPoint::Webhook | FaultPoint::Connection | FaultPoint::Token
        ),
        _ => !matches!(point, FaultPoint::Webhook | FaultPoint::Connection),
    }
}

impl FromStr for FaultRule {
    type Err = FaultSpecError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (point, rest) = text.split_once(':').ok_or(FaultSpecError::Form)?;
        let (when, faults) = rest.split_once(':').ok_or(FaultSpecError::Form)?;
        let (point, when) = (point.trim().parse()?, when.trim().parse()?);
        let faults = faults
            .split(',')
            .map(|fault| fault.trim().parse())
            .collect::<Result<Vec<Lasting>, _>>()?;
        if faults.len() != 1 && when != When::Next {
            return Err(FaultSpecError::Several);
        }
        Self::checked(point, when, faults)
    }
}

impl fmt::Display for FaultRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.point, self.when)?;
        for (position, fault) in self.faults.iter().enumerate() {
            write!(f, "{}{fault}", if position == 0 { ':' } else { ',' })?;
        }
        Ok(())
    }
}

impl FromStr for When {
    type Err = FaultSpecError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (text, scale) = match text {
            "next" => return Ok(Self::Next),
            "always" => return Ok(Self::Always),
            _ => text
                .strip_suffix('%')
                .map_or((text, 1.0), |text| (text, 100.0)),
        };
        let probability = text.parse::<f64>().map_err(|_| FaultSpecError::When)? / scale;
        if (0.0..=1.0).contains(&probability) {
            Ok(Self::Chance(probability))
        } else {
            Err(FaultSpecError::When)
        }
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Next => f.write_str("next"),
            Self::Always => f.write_str("always"),
            Self::Chance(probability) => write!(f, "{probability}"),
        }
    }
}

impl FromStr for Lasting {
    type Err = FaultSpecError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (fault, lasts) = match text.split_once('/') {
            Some((fault, lasts)) => (fault, parse_duration(lasts).ok_or(FaultSpecError::Fault)?),
            None => (text, Duration::ZERO),
        };
        Ok(Self {
            fault: fault.parse()?,
            lasts,
        })
    }
}

impl fmt::Display for Lasting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fault.fmt(f)?;
        if self.lasts.is_zero() {
            Ok(())
        } else {
            write!(f, "/{}", written_duration(self.lasts))
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Every fault on the page can be written, and parses to itself.
    #[test]
    fn rules_survive_being_written() {
        for text in [
            "create:0.05:reset-after-body",
            "create:next:none,hang,429=12s,hang-after-processing",
            "all:0.01:500/30s",
            "get:always:latency=1.7s",
            "token:next:clock-skew=-90s,clock-skew=300s,408,425=1s",
            "create:1:503-after-processing=2s",
            "details:next:truncated-json,malformed-json,without-id,revoke-token",
            "documents:next:refuse,reset-before-body,reset-after-processing,reset-in-answer=40",
            "webhook:next:lose,duplicate,reorder,forge,latency=5s",
            "connection:next:refuse/2s,reset-before-body,hang",
        ] {
            let rule: FaultRule = text.parse().unwrap();
            assert_eq!(rule.to_string(), text);
        }
    }

    /// The error names the wrong part: the form, the point, the time, the fault, or the place.
    #[test]
    fn mistakes_are_named() {
        let error = |text: &str| text.parse::<FaultRule>().unwrap_err();
        assert_eq!(error(""), FaultSpecError::Form);
        assert_eq!(error("create:hang"), FaultSpecError::Form);
        assert_eq!(error("post:1:hang"), FaultSpecError::Point);
        assert_eq!(error("create:2:hang"), FaultSpecError::When);
        assert_eq!(error("create:NaN:hang"), FaultSpecError::When);
        assert_eq!(error("create:1:200"), FaultSpecError::Fault);
        assert_eq!(error("create:1:latency"), FaultSpecError::Fault);
        assert_eq!(error("create:1:hang/x"), FaultSpecError::Fault);
        assert_eq!(error("create:1:hang,hang"), FaultSpecError::Several);
        assert_eq!(error("create:1:lose"), FaultSpecError::Place);
        assert_eq!(error("token:1:revoke-token"), FaultSpecError::Place);
        assert_eq!(error("connection:1:503"), FaultSpecError::Place);
    }

    proptest! {
        /// The parser returns for any input, and what it accepts can be written and parsed again.
        #[test]
        fn nothing_typed_breaks_the_parser(
            text in "((token|create|get|webhook|connection|all|x):(next|always|[0-9.%]{1,5}):)?[a-z0-9=/,.:-]{0,30}|.{0,40}"
        ) {
            if let Ok(rule) = text.parse::<FaultRule>() {
                let written = rule.to_string();
                prop_assert_eq!(written.parse::<FaultRule>().map(|rule| rule.to_string()), Ok(written));
            }
        }
    }
}
