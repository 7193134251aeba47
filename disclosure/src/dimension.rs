//! What a table is broken down by: categories, groups of them, and which may be merged.

use serde::{Deserialize, Serialize};

use crate::error::Invalid;

/// Name of the total of every dimension.
pub const ALL: &str = "All";

/// A dimension: its total, its categories and the groups they stand in.
///
/// ```
/// use disclosure::Dimension;
/// let schools = Dimension::flat("school", ["Ash", "Birch", "Cedar", "Dove"])?
///     .group("North", &["Ash", "Birch"])?
///     .group("South", &["Cedar", "Dove"])?
///     .may_merge("Ash and Birch", &["Ash", "Birch"])?;
/// assert_eq!(schools.names().count(), 7); // with "All"
/// # Ok::<(), disclosure::Invalid>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dimension {
    name: String,
    nodes: Vec<Node>,
    merges: Vec<Merge>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Node {
    name: String,
    parent: Option<usize>,
    /// Name of what it was merged into, in a published table.
    merged_into: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Merge {
    into: String,
    members: Vec<usize>,
}

impl Dimension {
    /// A dimension without groups; its total is called [`ALL`].
    ///
    /// # Errors
    /// [`Invalid::Twice`] if a name comes twice.
    pub fn flat<S: Into<String>>(
        name: &str,
        categories: impl IntoIterator<Item = S>,
    ) -> Result<Self, Invalid> {
        let mut nodes = vec![Node::new(ALL.into(), None)];
        nodes.extend(categories.into_iter().map(|name| Node::new(name.into(), Some(0))));
        let new = Self { name: name.to_owned(), nodes, merges: Vec::new() };
        new.without_doubles()
    }

    /// Puts categories that stand beside each other under a new group, which is published as a subtotal.
    ///
    /// # Errors
    /// [`Invalid`] if a member is unknown or stands elsewhere, or the group's name is taken.
    pub fn group(mut self, name: &str, members: &[&str]) -> Result<Self, Invalid> {
        let (members, parent) = self.siblings(name, members)?;
        self.insert(name, parent, &members);
        self.without_doubles()
    }

    /// Declares that these categories may be merged into one, if this hides less. What is declared first
    /// is tried first.
    ///
    /// # Errors
    /// [`Invalid`] if a member is unknown or stands elsewhere, or the name is taken.
    pub fn may_merge(mut self, into: &str, members: &[&str]) -> Result<Self, Invalid> {
        let (members, _) = self.siblings(into, members)?;
        if self.node(into).is_some() || self.merges.iter().any(|merge| merge.into == into) {
            return Err(Invalid::Twice(into.to_owned()));
        }
        self.merges.push(Merge { into: into.to_owned(), members });
        Ok(self)
    }

    /// The dimension's own name. Tables share a dimension by this name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The names of all categories and groups, in the order of a table's cells.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.nodes.iter().map(|node| node.name.as_str())
    }

    /// What a category was merged into, in a published table.
    #[must_use]
    pub fn merged_into(&self, node: usize) -> Option<&str> {
        self.nodes.get(node)?.merged_into.as_deref()
    }

    /// The group that a category stands in; none for the total.
    #[must_use]
    pub fn parent(&self, node: usize) -> Option<usize> {
        self.nodes.get(node)?.parent
    }

    /// The innermost categories, in the order of a table's counts.
    #[must_use]
    pub fn leaves(&self) -> Vec<usize> {
        let inner = (0..self.nodes.len()).filter(|node| self.children(*node).next().is_none());
        inner.collect()
    }

    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    pub(crate) fn children(&self, of: usize) -> impl Iterator<Item = usize> {
        self.nodes.iter().enumerate().filter(move |(_, it)| it.parent == Some(of)).map(|it| it.0)
    }

    /// The node itself, then its groups up to the total.
    pub(crate) fn upwards(&self, from: usize) -> Vec<usize> {
        let mut way = vec![from];
        let mut at = from;
        while let Some(parent) = self.parent(at).filter(|_| way.len() <= self.nodes.len()) {
            way.push(parent);
            at = parent;
        }
        way
    }

    pub(crate) fn node(&self, name: &str) -> Option<usize> {
        self.nodes.iter().position(|node| node.name == name)
    }

    pub(crate) fn merges(&self) -> impl Iterator<Item = &str> {
        self.merges.iter().map(|merge| merge.into.as_str())
    }

    /// With one declared merge carried out; unchanged if it is not declared or a member is merged already.
    pub(crate) fn merged(&self, into: &str) -> Self {
        let mut new = self.clone();
        let Some(merge) = self.merges.iter().find(|merge| merge.into == into) else { return new };
        let free =
            |member: &usize| self.nodes.get(*member).is_some_and(|it| it.merged_into.is_none());
        if !merge.members.iter().all(free) || self.node(into).is_some() {
            return new;
        }
        let parent = merge.members.first().and_then(|first| self.parent(*first)).unwrap_or(0);
        for member in &merge.members {
            for below in new.below(*member) {
                new.nodes[below].merged_into = Some(into.to_owned());
            }
        }
        new.insert(into, parent, &merge.members);
        new
    }

    /// Whether parents exist and lead to the total, as they do unless stored data was damaged.
    pub(crate) fn is_sound(&self) -> bool {
        let ends = |node| self.upwards(node).last() == Some(&0);
        self.nodes.first().is_some_and(|all| all.parent.is_none())
            && (0..self.len()).all(ends)
            && self.merges.iter().flat_map(|merge| &merge.members).all(|it| *it < self.len())
    }

    fn below(&self, node: usize) -> Vec<usize> {
        (0..self.len()).filter(|at| self.upwards(*at).contains(&node)).collect()
    }

    fn insert(&mut self, name: &str, parent: usize, members: &[usize]) {
        let new = self.nodes.len();
        self.nodes.push(Node::new(name.to_owned(), Some(parent)));
        for member in members {
            self.nodes[*member].parent = Some(new);
        }
    }

    fn siblings(&self, group: &str, members: &[&str]) -> Result<(Vec<usize>, usize), Invalid> {
        let find = |name: &&str| {
            self.node(name).ok_or_else(|| Invalid::NoCategory {
                dimension: self.name.clone(),
                category: (*name).to_owned(),
            })
        };
        let members = members.iter().map(find).collect::<Result<Vec<_>, _>>()?;
        let mut parents = members.iter().map(|member| self.parent(*member));
        let apart = || Invalid::Apart(group.to_owned());
        let parent = parents.next().flatten().ok_or_else(apart)?;
        if parents.all(|it| it == Some(parent)) { Ok((members, parent)) } else { Err(apart()) }
    }

    fn without_doubles(self) -> Result<Self, Invalid> {
        let mut names: Vec<_> = self.names().collect();
        names.sort_unstable();
        let double =
            names.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0].to_owned());
        double.map_or(Ok(self), |name| Err(Invalid::Twice(name)))
    }
}

impl Node {
    fn new(name: String, parent: Option<usize>) -> Self {
        Self { name, parent, merged_into: None }
    }
}
