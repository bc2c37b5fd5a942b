//! Which nodes of a graph stand in a circle together (strongly connected components). What an edge
//! means is the caller's: an `after` inside a circle says nothing.

/// The component of every node: two nodes have equal numbers when each is reached from the other.
///
/// `edges` are (from, to), each node below `nodes`. Runs in nodes + edges, without recursion, so
/// that a long chain of entries cannot exhaust a stack.
pub(super) fn components(nodes: usize, edges: &[(usize, usize)]) -> Vec<usize> {
    let forward = Adjacency::new(nodes, edges.iter().copied());
    let backward = Adjacency::new(nodes, edges.iter().map(|&(from, to)| (to, from)));
    let mut component = vec![usize::MAX; nodes];
    let mut next = 0;
    let mut pending = Vec::new();
    for &root in forward.finished().iter().rev() {
        if component[root] != usize::MAX {
            continue;
        }
        pending.push(root);
        component[root] = next;
        while let Some(node) = pending.pop() {
            for &neighbour in backward.of(node) {
                if component[neighbour] == usize::MAX {
                    component[neighbour] = next;
                    pending.push(neighbour);
                }
            }
        }
        next += 1;
    }
    component
}

/// The edges of a graph, grouped by where they start.
pub(super) struct Adjacency {
    starts: Vec<usize>,
    targets: Vec<usize>,
}

impl Adjacency {
    /// Groups `edges`, (from, to), of a graph with this many nodes.
    pub(super) fn new(
        nodes: usize,
        edges: impl ExactSizeIterator<Item = (usize, usize)> + Clone,
    ) -> Self {
        let mut starts = vec![0; nodes + 1];
        for (from, _) in edges.clone() {
            starts[from + 1] += 1;
        }
        for node in 0..nodes {
            starts[node + 1] += starts[node];
        }
        let mut free = starts.clone();
        let mut targets = vec![0; edges.len()];
        for (from, to) in edges {
            targets[free[from]] = to;
            free[from] += 1;
        }
        Self { starts, targets }
    }

    /// Where the edges of this node lead.
    pub(super) fn of(&self, node: usize) -> &[usize] {
        &self.targets[self.starts[node]..self.starts[node + 1]]
    }

    /// Marks in `reached` every node that this one leads to, itself only through a circle.
    pub(super) fn mark_reached(&self, from: usize, reached: &mut [bool]) {
        let mut pending = vec![from];
        while let Some(node) = pending.pop() {
            for &neighbour in self.of(node) {
                if !reached[neighbour] {
                    reached[neighbour] = true;
                    pending.push(neighbour);
                }
            }
        }
    }

    /// All nodes in the order in which a depth-first walk leaves them.
    fn finished(&self) -> Vec<usize> {
        let nodes = self.starts.len() - 1;
        let mut seen = vec![false; nodes];
        let mut finished = Vec::with_capacity(nodes);
        let mut path: Vec<(usize, usize)> = Vec::new();
        for root in 0..nodes {
            if std::mem::replace(&mut seen[root], true) {
                continue;
            }
            path.push((root, 0));
            while let Some((node, turn)) = path.last_mut() {
                match self.of(*node).get(*turn) {
                    Some(&neighbour) => {
                        *turn += 1;
                        if !std::mem::replace(&mut seen[neighbour], true) {
                            path.push((neighbour, 0));
                        }
                    }
                    None => {
                        finished.push(*node);
                        path.pop();
                    }
                }
            }
        }
        finished
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_has_no_circle() {
        let found = components(4, &[(0, 1), (1, 2), (2, 3)]);
        for (a, b) in [(0, 1), (1, 2), (2, 3), (0, 3)] {
            assert_ne!(found[a], found[b]);
        }
    }

    #[test]
    fn a_circle_is_one_component_and_what_leads_in_or_out_is_not() {
        let found = components(5, &[(0, 1), (1, 2), (2, 3), (3, 1), (3, 4)]);
        assert_eq!(found[1], found[2]);
        assert_eq!(found[2], found[3]);
        assert_ne!(found[0], found[1]);
        assert_ne!(found[4], found[1]);
    }

    #[test]
    fn two_circles_that_touch_in_one_direction_stay_two() {
        let found = components(4, &[(0, 1), (1, 0), (1, 2), (2, 3), (3, 2)]);
        assert_eq!(found[0], found[1]);
        assert_eq!(found[2], found[3]);
        assert_ne!(found[0], found[2]);
    }

    #[test]
    fn a_chain_of_a_hundred_thousand_is_walked() {
        let edges: Vec<_> = (1..100_000).map(|node| (node - 1, node)).collect();
        let found = components(100_000, &edges);
        assert_ne!(found[0], found[99_999]);
    }

    #[test]
    fn reaching_follows_every_edge_once() {
        let graph = Adjacency::new(4, [(0, 1), (0, 2), (2, 1)].into_iter());
        let mut reached = vec![false; 4];
        graph.mark_reached(0, &mut reached);
        assert_eq!(reached, [false, true, true, false]);
    }
}
