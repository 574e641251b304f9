//! Columns for people, tab-free and aligned; a script splits them at runs of two or more spaces.

/// Rows under a heading.
pub(super) struct Table<const N: usize> {
    rows: Vec<[String; N]>,
}

impl<const N: usize> Table<N> {
    /// A table with these headings.
    pub(super) fn new(headings: [&str; N]) -> Self {
        Self { rows: vec![headings.map(str::to_uppercase)] }
    }

    /// Adds a row. Control characters, which somebody else may have chosen, do not reach the terminal.
    pub(super) fn row(&mut self, cells: [String; N]) {
        self.rows.push(cells.map(|cell| {
            let cell: String = cell.chars().map(|c| if c.is_control() { '?' } else { c }).collect();
            if cell.is_empty() { "-".to_owned() } else { cell }
        }));
    }

    /// Writes it to standard output.
    pub(super) fn print(&self) {
        let widths: Vec<usize> = (0..N)
            .map(|n| self.rows.iter().filter_map(|row| row.get(n)).map(|cell| cell.chars().count()).max().unwrap_or(0))
            .collect();
        for row in &self.rows {
            let line: Vec<String> =
                row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}", width = *width)).collect();
            say!("{}", line.join("  ").trim_end());
        }
    }
}
