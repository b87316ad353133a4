//! Budgets that are parts of others: who is whose parent, and what a parent leaves to spend.
//!
//! Deliberately no ledger: nothing here knows what was spent. Invariant: what is said to be out of reach is so in every
//! time zone, through every change of the clock and in every leap year.
//!
//! Read next: [`crate::rules::budget_exceeds_parent`], [`crate::rules::budget_cycle`].

use std::collections::{BTreeMap, BTreeSet};

use pointsman_schema::limits::BUDGET_DEPTH_MAX;
use pointsman_schema::source::Budget;
use pointsman_schema::source::budget::{BudgetWindow, Counted};

use crate::index::Index;
use crate::policy::{Declared, Policy};

/// A budget with its body.
pub type Part<'i> = (&'i Declared<'i, Budget>, &'i Budget);

/// Which budget each one is a part of.
pub struct Family<'i> {
    parents: BTreeMap<&'i str, Part<'i>>,
    /// Parts of themselves; each circle begins with its first name.
    pub circles: Vec<Vec<Part<'i>>>,
    in_circles: BTreeSet<&'i str>,
}

impl<'i> Family<'i> {
    /// The family of every budget that could be read.
    pub fn of(index: &'i Index<'i>) -> Self {
        let policy = &index.policy;
        let parent = |(declared, body): Part<'i>| {
            let reference = body.parent.as_ref()?;
            let parent: &Declared<'_, Budget> = policy.find(declared.owner, reference.value.as_str())?;
            Some((declared.name.as_str(), (parent, parent.body()?)))
        };
        let parents: BTreeMap<_, _> = Policy::bodies(&policy.budgets).filter_map(parent).collect();
        let mut family = Self { parents, circles: Vec::new(), in_circles: BTreeSet::new() };
        family.find_circles(index);
        family
    }

    /// The nearest budget above with which one can be compared: of the same unit, and with a count that holds all that
    /// this one counts. Nothing below a circle.
    pub fn above(&self, part: Part<'i>) -> Option<Part<'i>> {
        let mut at = part;
        for _ in 0..BUDGET_DEPTH_MAX {
            let (parent, body) = *self.parents.get(at.0.name.as_str())?;
            if self.in_circles.contains(parent.name.as_str()) {
                return None;
            }
            let is_same_unit = part.1.amount.is_some() == body.amount.is_some();
            if is_same_unit && counted(body) <= counted(part.1) {
                return Some((parent, body));
            }
            at = (parent, body);
        }
        None
    }

    /// Whether just one budget too many stands above one. Those below it have the same cause.
    pub fn is_first_too_deep(&self, part: Part<'i>) -> bool {
        let parent = |part: &Part<'i>| self.parents.get(part.0.name.as_str()).copied();
        std::iter::successors(Some(part), parent).take(BUDGET_DEPTH_MAX.saturating_add(2)).count()
            == BUDGET_DEPTH_MAX.saturating_add(1)
    }

    /// Everyone has one parent at most, so a walk that meets itself has found the one circle on its way.
    fn find_circles(&mut self, index: &'i Index<'i>) {
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        for (walk, start) in Policy::bodies(&index.policy.budgets).enumerate() {
            let mut way: Vec<Part<'i>> = Vec::new();
            let mut at = Some(start);
            while let Some(part) = at
                && !seen.contains_key(part.0.name.as_str())
            {
                seen.insert(&part.0.name, walk);
                way.push(part);
                at = self.parents.get(part.0.name.as_str()).copied();
            }
            let Some(met) = at.filter(|part| seen.get(part.0.name.as_str()) == Some(&walk)) else { continue };
            let mut circle: Vec<_> = way.into_iter().skip_while(|part| part.0.name != met.0.name).collect();
            let first =
                circle.iter().enumerate().min_by_key(|(_, part)| &part.0.name).map_or(0, |(at, _)| at);
            circle.rotate_left(first);
            self.in_circles.extend(circle.iter().map(|part| part.0.name.as_str()));
            self.circles.push(circle);
        }
    }
}

/// What a budget keeps one count for, from the widest.
fn counted(budget: &Budget) -> u8 {
    budget.per.as_ref().map_or(Counted::Shared, |per| per.value).code()
}

/// How many windows of a parent one window of a part can touch at most; nothing when there is no bound.
pub fn touched(part: &Budget, parent: &Budget) -> Option<u64> {
    use BudgetWindow::{Day, Hour, Month, Total, Week, Year};
    let aligned = match (part.window.value, parent.window.value) {
        (_, Total) => return Some(1),
        (Total, _) => return None,
        (Week, Month | Year) => 2,
        // A day in which the clock is set back has 25 hours.
        (Day, Hour) => 25,
        (Week, Hour) => 7 * 24 + 1,
        (Week, Day) => 7,
        (Month, Hour) => 31 * 24 + 1,
        (Month, Day) => 31,
        (Month, Week) => 6,
        // In a year a clock can be set back for good as well.
        (Year, Hour) => 366 * 24 + 24,
        (Year, Day) => 366,
        (Year, Week) => 54,
        (Year, Month) => 12,
        (Hour, _)
        | (Day, Day | Week | Month | Year)
        | (Week, Week)
        | (Month, Month | Year)
        | (Year, Year) => 1,
    };
    Some(if zone(part) == zone(parent) { aligned } else { aligned.saturating_add(1) })
}

fn zone(budget: &Budget) -> &str {
    budget.zone.as_ref().map_or("UTC", |zone| zone.value.as_str())
}

/// The window in words that follow an amount.
pub fn each(window: BudgetWindow) -> &'static str {
    match window {
        BudgetWindow::Hour => "an hour",
        BudgetWindow::Day => "a day",
        BudgetWindow::Week => "a week",
        BudgetWindow::Month => "a month",
        BudgetWindow::Year => "a year",
        BudgetWindow::Total => "in all",
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::{Date, date};
    use pointsman_schema::tree::{Span, Spanned};

    use super::*;

    fn budget(window: BudgetWindow, zone: Option<&str>) -> Budget {
        Budget {
            amount: None,
            tokens: None,
            window: Spanned::new(window, Span::default()),
            zone: zone.map(|zone| Spanned::new(zone.to_owned(), Span::default())),
            mode: None,
            per: None,
            on_exceed: None,
            parent: None,
            alert: None,
            export: None,
        }
    }

    /// The first day of the window that a day is in.
    fn window_of(day: Date, window: BudgetWindow) -> Date {
        match window {
            BudgetWindow::Week => day - jiff::Span::new().days(day.weekday().to_monday_zero_offset()),
            BudgetWindow::Month => day.first_of_month(),
            BudgetWindow::Year => day.first_of_year(),
            BudgetWindow::Day | BudgetWindow::Hour | BudgetWindow::Total => day,
        }
    }

    #[test]
    fn a_calendar_of_four_centuries_touches_as_many_windows() {
        let windows = [BudgetWindow::Day, BudgetWindow::Week, BudgetWindow::Month, BudgetWindow::Year];
        for (part, parent) in
            windows.iter().flat_map(|part| windows.iter().map(move |parent| (*part, *parent)))
        {
            let mut touching: BTreeMap<Date, BTreeSet<Date>> = BTreeMap::new();
            let days = date(2000, 1, 1).series(jiff::Span::new().days(1));
            for day in days.take_while(|day| day.year() < 2400) {
                touching.entry(window_of(day, part)).or_default().insert(window_of(day, parent));
            }
            let most = touching.values().map(BTreeSet::len).max().unwrap();
            let found = touched(&budget(part, None), &budget(parent, Some("UTC")));
            assert_eq!(found, u64::try_from(most).ok(), "{part:?} in {parent:?}");
        }
    }

    #[test]
    fn zones_and_windows_without_an_end() {
        let check = |part: &Budget, parent: &Budget, expected| assert_eq!(touched(part, parent), expected);
        let (month, day) = (BudgetWindow::Month, BudgetWindow::Day);
        check(&budget(month, Some("Europe/Berlin")), &budget(day, Some("Europe/Berlin")), Some(31));
        check(&budget(month, Some("Europe/Berlin")), &budget(day, None), Some(32));
        check(&budget(day, Some("Europe/Berlin")), &budget(month, None), Some(2));
        check(&budget(day, None), &budget(BudgetWindow::Hour, None), Some(25));
        check(&budget(BudgetWindow::Total, None), &budget(BudgetWindow::Year, None), None);
        check(&budget(BudgetWindow::Total, None), &budget(BudgetWindow::Total, Some("Asia/Tokyo")), Some(1));
    }
}
