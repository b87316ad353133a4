//! All requests that a chain can see, as far as its questions tell them apart.
//!
//! Each axis is cut into atoms: points that answer every question of the chain alike. A handful of questions makes a
//! handful of atoms, however many values there are. The invariant: a request of the real world lies in exactly one atom
//! of each axis, and each atom has a point that stands for it.
//!
//! Two things make the space larger than the world, so that what never comes may be missed: callers are all consumers with a
//! key, and clocks of different zones are independent ([`Space::is_exact`] says so). Callers and models are independent,
//! too: who asks for an example of a request asks once for each set of models that keys are narrowed to.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use pointsman_schema::feature::forms;
use pointsman_schema::protocol::Protocol;

use super::callers::Callers;
use super::diagram::{Diagram, Exhausted, Set};
use super::formula::{Address, Formula};
use super::question::{Axis, Point, Question, edges};
use crate::index::Index;

/// The requests of one chain.
pub struct Space<'p> {
    axes: Vec<(Axis<'p>, Vec<Point<'p>>)>,
    /// The questions of each axis, with the requests for which they hold.
    answers: BTreeMap<Axis<'p>, Vec<(Question<'p>, Set)>>,
    diagram: Diagram,
    /// Shared formulas that were looked at, with the requests for which they hold. Kept, so that no other gets their address.
    shared: HashMap<Address<'p>, (Rc<Formula<'p>>, Set)>,
}

/// What the points of a chain's axes come from.
#[derive(Clone, Copy)]
pub struct World<'p> {
    /// The workspace.
    pub index: &'p Index<'p>,
    /// Who can call; nothing when that is not known in full.
    pub callers: Option<&'p Callers<'p>>,
    /// The names that a request's `model` can have in this chain; nothing when they are not known in full.
    pub models: Option<&'p BTreeSet<&'p str>>,
}

impl<'p> Space<'p> {
    /// The space that these questions cut; nothing when it is not known in full or has no request.
    pub fn new(world: World<'p>, questions: &[Question<'p>]) -> Result<Option<Self>, Exhausted> {
        let mut by_axis: BTreeMap<Axis<'p>, Vec<Question<'p>>> = BTreeMap::new();
        for question in questions {
            let of_axis = by_axis.entry(question.axis()).or_default();
            if !of_axis.contains(question) {
                of_axis.push(*question);
            }
        }
        let (mut axes, mut asked) = (Vec::new(), Vec::new());
        for (axis, questions) in by_axis {
            let Some(points) = points(world, axis, &questions).filter(|points| !points.is_empty()) else {
                return Ok(None);
            };
            if points.len().saturating_mul(questions.len()) > POINTS_MAX {
                return Err(Exhausted);
            }
            axes.push((axis, atoms(&points, &questions)));
            asked.push(questions);
        }
        let widths = axes.iter().map(|(_, atoms)| atoms.len()).collect();
        let mut diagram = Diagram::new(widths, STEPS_MAX);
        let mut answers = BTreeMap::new();
        for (number, ((axis, atoms), questions)) in axes.iter().zip(asked).enumerate() {
            let answer = |question: Question<'p>| {
                let holds = |atom| atoms.get(atom).is_some_and(|point| question.holds(*point));
                (question, diagram.where_atom(number, holds))
            };
            answers.insert(*axis, questions.into_iter().map(answer).collect());
        }
        Ok(Some(Self { axes, answers, diagram, shared: HashMap::new() }))
    }

    /// Whether every point of the space is a request that can be.
    pub fn is_exact(&self) -> bool {
        self.axes.iter().filter(|(axis, _)| matches!(axis, Axis::Time(_))).count() <= 1
    }

    /// The requests for which a formula holds.
    pub fn set(&mut self, formula: &Formula<'p>) -> Result<Set, Exhausted> {
        match formula {
            Formula::Ask(question) => Ok(self.ask(*question)),
            Formula::All(parts) => parts.iter().try_fold(Set::ALL, |set, part| {
                let part = self.set(&part.formula)?;
                self.diagram.and(set, part)
            }),
            Formula::Any(parts) => parts.iter().try_fold(Set::NONE, |set, part| {
                let part = self.set(&part.formula)?;
                self.diagram.or(set, part)
            }),
            Formula::Not(part) => {
                let inner = self.set(&part.formula)?;
                self.diagram.without(Set::ALL, inner)
            }
            Formula::Shared(formula) => {
                let address = Rc::as_ptr(formula);
                if let Some((_, known)) = self.shared.get(&address) {
                    return Ok(*known);
                }
                let set = self.set(formula)?;
                self.shared.insert(address, (Rc::clone(formula), set));
                Ok(set)
            }
        }
    }

    /// The requests for which a question holds; none for one of another space.
    pub fn ask(&self, question: Question<'p>) -> Set {
        let mut answers = self.answers.get(&question.axis()).into_iter().flatten();
        answers.find(|(known, _)| *known == question).map_or(Set::NONE, |(_, set)| *set)
    }

    /// The sets and what can be done with them.
    pub fn diagram(&mut self) -> &mut Diagram {
        &mut self.diagram
    }

    /// A request of a set: a point of each axis that matters.
    pub fn request(&self, set: Set) -> Option<Vec<(Axis<'p>, Point<'p>)>> {
        let path = self.diagram.member(set)?;
        let point = |(axis, atom): (usize, usize)| {
            let (axis, atoms) = self.axes.get(axis)?;
            Some((*axis, *atoms.get(atom)?))
        };
        path.into_iter().map(point).collect()
    }
}

/// One point for each way to answer the questions, in the order of the points.
fn atoms<'p>(points: &[Point<'p>], questions: &[Question<'p>]) -> Vec<Point<'p>> {
    let mut seen = BTreeSet::new();
    let is_new = |point: &&Point<'p>| {
        seen.insert(questions.iter().map(|question| question.holds(**point)).collect::<Vec<bool>>())
    };
    points.iter().filter(is_new).copied().collect()
}

/// Points of an axis, enough to have one of each kind that the questions tell apart.
fn points<'p>(world: World<'p>, axis: Axis<'p>, questions: &[Question<'p>]) -> Option<Vec<Point<'p>>> {
    Some(match axis {
        Axis::Model => world.models?.iter().map(|name| Point::Model(name)).collect(),
        Axis::Attribute(name) => {
            let attributes = &world.index.policy.workspace.attributes;
            let body = attributes.iter().find(|attribute| attribute.name.value == name);
            let values = body.and_then(|attribute| attribute.body.as_ref()).into_iter();
            let values = values.flat_map(|body| body.values.iter().map(|value| value.value.as_str()));
            let mut points = vec![Point::Value("none")];
            points.extend(values.filter(|value| *value != "none").map(Point::Value));
            points
        }
        Axis::Capability(capability) => {
            let is_by_form = questions.iter().any(|question| matches!(question, Question::Form(..)));
            let mut points = vec![Point::Asked(false)];
            if is_by_form {
                let forms = Protocol::ALL.iter().flat_map(|client| forms(*client, capability));
                points.extend(forms.map(|form| Point::By(*form)));
            } else {
                points.push(Point::Asked(true));
            }
            points
        }
        Axis::InputTokens => {
            let mut cuts = BTreeSet::from([0]);
            for question in questions {
                if let Question::InputTokens(min, max) = question {
                    cuts.insert(*min);
                    cuts.extend(max.checked_add(1));
                }
            }
            cuts.into_iter().map(Point::Tokens).collect()
        }
        Axis::Caller => world.callers?.told_apart(questions).into_iter().map(Point::Caller).collect(),
        Axis::Protocol => Protocol::ALL.iter().copied().map(Point::Protocol).collect(),
        Axis::Time(_) => {
            let mut cuts = BTreeSet::from([0]);
            for question in questions {
                if let Question::Time(window) = question {
                    cuts.extend(edges(window));
                }
            }
            cuts.into_iter().map(Point::Minute).collect()
        }
    })
}

/// **Unit**: answers of the points of one axis; past it a chain is not decided.
const POINTS_MAX: usize = 1_000_000;
/// About 20 ms of work. **Unit**: edges of diagrams computed for one chain.
const STEPS_MAX: usize = 200_000;
