//! What can be wrong with what is handed in.

use thiserror::Error;

/// Why tables cannot be taken. The words name tables and categories, never counts.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Invalid {
    /// A category is named that the dimension does not have.
    #[error("there is no category \"{category}\" in \"{dimension}\"")]
    NoCategory {
        /// The dimension that was asked.
        dimension: String,
        /// The name that is not in it.
        category: String,
    },
    /// Two categories of one dimension, or two tables, have one name.
    #[error("the name \"{0}\" is used twice")]
    Twice(String),
    /// Categories that are to be grouped or merged have different parents.
    #[error("the members of \"{0}\" do not stand beside each other")]
    Apart(String),
    /// The number of counts is not the number of inner cells.
    #[error("the table \"{table}\" needs {expected} counts and was given {given}")]
    Counts {
        /// The table's name.
        table: String,
        /// One for each combination of innermost categories.
        expected: usize,
        /// What was handed in.
        given: usize,
    },
    /// A link or a rate names a table that is not in the block or in an earlier edition.
    #[error("there is no table \"{0}\"")]
    NoTable(String),
    /// Counts do not add up as a link says.
    #[error("the counts of \"{0}\" do not add up with the tables they are linked to")]
    LinkBroken(String),
    /// A count is too large, or a cell that cannot occur has a count.
    #[error("the table \"{0}\" has a count that cannot be")]
    Count(String),
    /// The rules contradict themselves.
    #[error("the rules cannot be kept: {0}")]
    Rules(&'static str),
    /// A stored table is damaged: its cells and its dimensions do not fit.
    #[error("the stored table \"{0}\" is damaged")]
    Damaged(String),
}
