//! The table that is printed: a row a figure, a column a contender, and what Pointsman and the floor cost beside nginx.
//!
//! A figure is printed with as many digits as it has meaning. A contender that was left out has a dash everywhere.

use std::io;

use super::{Figures, Throughput, contender::Contender, limits};

/// The figures of all contenders.
#[derive(Debug, Default)]
pub(crate) struct Report {
    measured: Vec<(Contender, Figures)>,
}

/// A row of the table: what it is called and how its figure is found.
struct Row {
    name: String,
    figure: fn(&Report, &Figures) -> Option<f64>,
    digits: usize,
}

impl Report {
    /// Adds a contender's figures.
    pub(crate) fn add(&mut self, contender: Contender, figures: Figures) {
        self.measured.push((contender, figures));
    }

    /// Prints the table.
    pub(crate) fn print(&self, out: &mut impl io::Write) -> io::Result<()> {
        out.write_all(self.table().as_bytes())
    }

    fn table(&self) -> String {
        let names = Contender::ALL.map(Contender::name).join(" | ");
        let mut table =
            format!("| | {names} | Pointsman / nginx | bare / nginx |\n|---|{}\n", "---:|".repeat(6));
        for row in rows() {
            let of = |contender| self.of(contender).and_then(|figures| (row.figure)(self, figures));
            let cells = Contender::ALL.map(|contender| cell(of(contender), row.digits)).join(" | ");
            let ratio = |contender| of(contender).zip(of(Contender::Nginx)).filter(|(_, nginx)| *nginx > 0.0);
            let [ours, bare] = [Contender::Pointsman, Contender::Floor]
                .map(|one| cell(ratio(one).map(|(one, nginx)| one / nginx), 2));
            let line = format!("| {} | {cells} | {ours} | {bare} |\n", row.name);
            table.push_str(&line);
        }
        table
    }

    fn of(&self, contender: Contender) -> Option<&Figures> {
        self.measured.iter().find(|(known, _)| *known == contender).map(|(_, figures)| figures)
    }

    /// What a percentile of the paced load is above that of the upstream alone.
    fn added(&self, figures: &Figures, percent: usize) -> Option<f64> {
        let direct = self.of(Contender::Direct)?.paced.percentile(percent)?;
        Some(figures.paced.percentile(percent)? - direct)
    }
}

fn rows() -> Vec<Row> {
    let row = |name: &str, digits, figure| Row { name: name.to_owned(), figure, digits };
    vec![
        row("1 KB: requests/s", 0, |_, of| Some(of.small.per_second)),
        row("1 KB: CPU s per 10,000 requests", 3, |_, of| of.small.cpu_per(1e4)),
        row("64 KB: requests/s", 0, |_, of| Some(of.large.per_second)),
        row("64 KB: CPU s per 10,000 requests", 3, |_, of| of.large.cpu_per(1e4)),
        row(&format!("streams of {} events: streams/s", limits::EVENTS), 0, |_, of| {
            Some(of.streams.per_second)
        }),
        row("streams: CPU s per 10,000 streams", 2, |_, of| of.streams.cpu_per(1e4)),
        row("streams: CPU µs per event", 2, |_, of| {
            of.streams.cpu_per(1e6).map(|micros| micros / f64::from(limits::EVENTS))
        }),
        row("streams: first byte, p50 µs", 0, |_, of| of.streams.first_byte.percentile(50)),
        row("streams: first byte, p99 µs", 0, |_, of| of.streams.first_byte.percentile(99)),
        row(&format!("{} requests/s: added latency, p50 µs", limits::RATE), 0, |all, of| all.added(of, 50)),
        row(&format!("{} requests/s: added latency, p99 µs", limits::RATE), 0, |all, of| all.added(of, 99)),
        row("memory idle, MB", 1, |_, of| megabytes(of.memory_idle_kib)),
        row("memory after, MB", 1, |_, of| megabytes(of.memory_after_kib)),
    ]
}

impl Throughput {
    /// CPU time for so many requests; `None` for a contender without a process of its own.
    pub(super) fn cpu_per(&self, requests: f64) -> Option<f64> {
        let count = f64::from(u32::try_from(self.requests).unwrap_or(u32::MAX));
        (self.cpu_seconds > 0.0 && count > 0.0).then(|| self.cpu_seconds * requests / count)
    }
}

fn megabytes(kib: u64) -> Option<f64> {
    (kib > 0).then(|| f64::from(u32::try_from(kib).unwrap_or(u32::MAX)) * 1024.0 / 1e6)
}

fn cell(figure: Option<f64>, digits: usize) -> String {
    figure.map_or_else(|| "–".to_owned(), |figure| format!("{figure:.digits$}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(report: &Report, row: &str, expected: &str) {
        let table = report.table();
        let line = table.lines().find(|line| line.starts_with(&format!("| {row} |"))).expect("the row");
        assert_eq!(line, format!("| {row} | {expected} |"));
    }

    #[test]
    fn ratios_are_to_nginx() {
        let mut report = Report::default();
        let figures = |cpu_seconds, memory_idle_kib| Figures {
            small: Throughput { requests: 10_000, per_second: 5_000.0, cpu_seconds, ..Throughput::default() },
            memory_idle_kib,
            ..Figures::default()
        };
        report.add(Contender::Direct, figures(0.0, 0));
        report.add(Contender::Nginx, figures(0.25, 5_000));
        check(&report, "1 KB: CPU s per 10,000 requests", "– | 0.250 | – | – | – | –");
        report.add(Contender::Pointsman, figures(0.3, 20_000));
        check(&report, "1 KB: CPU s per 10,000 requests", "– | 0.250 | – | 0.300 | 1.20 | –");
        check(&report, "1 KB: requests/s", "5000 | 5000 | – | 5000 | 1.00 | –");
        check(&report, "memory idle, MB", "– | 5.1 | – | 20.5 | 4.00 | –");
    }
}
