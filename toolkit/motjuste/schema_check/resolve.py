"""Which function or operator a query means, and the type of what it gives: the server's own rules of resolution.

After "Type Conversion" in PostgreSQL's manual: functions, operators, and UNION, CASE and related constructs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from motjuste.schema_check.builtins import OF_TYPTYPE, USER, Kind
from motjuste.schema_check.catalogue import Function, Type, TypeRef
from motjuste.schema_check.session import Session

T = TypeVar("T")
Candidate = tuple[tuple[TypeRef, ...], T]  # what it wants, and what it is
UNKNOWN = TypeRef(Type("pg_catalog", "unknown", "p"))
_PLAIN = ("anyelement", "anynonarray", "anyenum", "anycompatible", "anycompatiblenonarray")
_ARRAYS = ("anyarray", "anycompatiblearray")
_RANGES = ("anyrange", "anycompatiblerange")
_MULTIRANGES = ("anymultirange", "anycompatiblemultirange")
_COMPATIBLE = ("anycompatible", "anycompatiblearray", "anycompatiblenonarray")
_POLYMORPHIC = frozenset((*_PLAIN, *_ARRAYS, *_RANGES, *_MULTIRANGES, "any"))


def same(a: TypeRef, b: TypeRef) -> bool:
    """Whether two types are one, modifiers aside."""
    return a.type is b.type and a.array == b.array


def builtin(s: Session, name: str) -> TypeRef:
    """A built-in type that is always there."""
    found = s.builtins.ref(name)
    if found is None:
        raise KeyError(name)  # builtins.tsv is not what it was made to be
    return found


def bare(ref: TypeRef) -> TypeRef:
    """The type without its modifiers."""
    return TypeRef(ref.type, (), ref.array) if ref.mods else ref


def kind_of(s: Session, ref: TypeRef) -> Kind:
    """The category of a type and whether it is the preferred one."""
    if ref.array:
        return Kind("A", False)
    brought = ref.type.schema == "pg_catalog" or ref.type.extension
    own = s.builtins.kinds.get(ref.type.name) if brought else None
    return own or OF_TYPTYPE.get(ref.type.kind, USER)


def internal(ref: TypeRef) -> str:
    """The internal name of a built-in type or of an extension's: `_int4` for an array."""
    return ("_" if ref.array else "") + ref.type.name


def coerces(s: Session, source: TypeRef, target: TypeRef) -> bool:
    """Whether the server makes the one into the other by itself."""
    if same(source, target) or source is UNKNOWN:
        return True
    name = target.type.name if target.type.schema == "pg_catalog" and not target.array else ""
    if name in _POLYMORPHIC or name == "record":
        if name in _ARRAYS:
            return source.array or source.type.name in ("int2vector", "oidvector")
        if name in ("anynonarray", "anycompatiblenonarray"):
            return not source.array
        if name == "anyenum":
            return source.type.kind == "e"
        if name in _RANGES:
            return source.type.kind == "r" and not source.array
        if name in _MULTIRANGES:
            return source.type.kind == "m" and not source.array
        return name != "record" or source.type.relation is not None or source.type.name == "record"
    under = source.root
    if same(under, target):
        return True
    if under.array or target.array:
        return under.array and target.array and coerces(s, TypeRef(under.type), TypeRef(target.type))
    return (under.type.name, target.type.name) in s.builtins.implicit


def choose(s: Session, candidates: Sequence[Candidate[T]], given: Sequence[TypeRef]) -> T | None:
    """The candidate that the server takes for arguments of these types; None where it could not say.

    func_select_candidate of PostgreSQL: exact matches, then preferred types, then the category of unknown literals.
    """
    fits = [c for c in candidates if all(coerces(s, g, t) for g, t in zip(given, c[0], strict=True))]
    if len(fits) <= 1:
        return fits[0][1] if fits else None
    plain = [g.root for g in given]
    fits = _best(fits, plain, same)
    if len(fits) > 1:
        fits = _best(fits, plain, lambda g, t: same(g, t) or _preferred(s, g, t))
    if len(fits) > 1:
        fits = _by_category(s, fits, plain)
    known = [g for g in plain if g is not UNKNOWN]
    if len(fits) > 1 and len({internal(g) for g in known}) == 1:
        # literals are taken as of the type of the others
        fits = [c for c in fits if all(coerces(s, known[0], t) for t in c[0])] or fits
    return fits[0][1] if fits else None


def _best(
    fits: list[Candidate[T]], given: list[TypeRef], good: Callable[[TypeRef, TypeRef], bool]
) -> list[Candidate[T]]:
    """Those with the most arguments that are good, literals aside."""
    pairs = [[(g, t) for g, t in zip(given, c[0], strict=True) if g is not UNKNOWN] for c in fits]
    score = [sum(good(g, t) for g, t in each) for each in pairs]
    top = max(score)
    return [c for c, points in zip(fits, score, strict=True) if points == top]


def _preferred(s: Session, given: TypeRef, wanted: TypeRef) -> bool:
    kind = kind_of(s, wanted)
    return kind.preferred and kind.category == kind_of(s, given).category


def _by_category(s: Session, fits: list[Candidate[T]], given: list[TypeRef]) -> list[Candidate[T]]:
    for i, g in enumerate(given):
        if g is not UNKNOWN:
            continue
        categories = {kind_of(s, c[0][i]).category for c in fits}
        chosen = "S" if "S" in categories else next(iter(categories)) if len(categories) == 1 else ""
        if not chosen:
            continue
        left = [c for c in fits if kind_of(s, c[0][i]).category == chosen]
        preferred = [c for c in left if kind_of(s, c[0][i]).preferred]
        fits = preferred or left
    return fits


def function(s: Session, functions: Sequence[Function], given: Sequence[TypeRef]) -> Function | None:
    """The function of these that a call with arguments of these types means."""
    candidates = [(wanted, f) for f in functions if (wanted := _wanted(f, len(given))) is not None]
    for wanted, f in candidates:
        if all(same(g, t) for g, t in zip(given, wanted, strict=True)):
            return f
    return choose(s, candidates, given)


def fits(s: Session, f: Function, given: Sequence[TypeRef | None]) -> bool:
    """Whether a call with arguments of these types, None where one is not known, may mean the function."""
    wanted = _wanted(f, len(given))
    return wanted is not None and all(
        g is None or coerces(s, g, t) for g, t in zip(given, wanted, strict=True)
    )


def _wanted(f: Function, count: int) -> tuple[TypeRef, ...] | None:
    """The types that the function wants for so many arguments; None where it does not take as many."""
    wanted = [t for t in f.arguments if t is not None]
    if len(wanted) != len(f.arguments):
        return None
    if f.variadic and wanted and count >= len(wanted):
        last = wanted.pop()
        element = TypeRef(last.type) if last.array else last
        return (*wanted, *[element] * (count - len(wanted)))
    if len(wanted) - f.defaults <= count <= len(wanted):
        return tuple(wanted[:count])
    return None


def result(s: Session, f: Function, given: Sequence[TypeRef]) -> TypeRef | None:
    """The type that a call gives, polymorphic ones made real from the arguments."""
    returns = f.returns
    if returns is None or returns.type.schema != "pg_catalog" or returns.array:
        return returns
    name = returns.type.name
    if name not in _POLYMORPHIC:
        return returns
    wanted = _wanted(f, len(given)) or ()
    if name in _COMPATIBLE:
        compatible = (w.type.name.startswith("anycompatible") for w in wanted)
        pairs = [(g, w) for g, w, is_one in zip(given, wanted, compatible, strict=False) if is_one]
        elements = [_element(s, g, w.type.name, same_family=True) for g, w in pairs]
        element = common(s, [e for e in elements if e is not None])
        return _built(s, element, name, given[0]) if element is not None else None
    for same_family in (True, False):
        for g, w in zip(given, wanted, strict=False):
            element = _element(s, g, w.type.name, same_family=same_family)
            if element is not None:
                return _built(s, element, name, g)
    return None


def _element(s: Session, given: TypeRef, wanted: str, *, same_family: bool) -> TypeRef | None:
    if wanted not in _POLYMORPHIC or given is UNKNOWN:
        return None if same_family or wanted not in _PLAIN else builtin(s, "text")
    if wanted in _ARRAYS:
        return TypeRef(given.type) if given.array else None
    if wanted in (*_RANGES, *_MULTIRANGES):
        return given.type.base
    return bare(given)


def _built(s: Session, element: TypeRef, name: str, given: TypeRef) -> TypeRef | None:
    if name in _ARRAYS:
        return TypeRef(element.type, (), True)
    if name in _RANGES or name in _MULTIRANGES:
        kind = "r" if name in _RANGES else "m"
        if given.type.kind == kind:
            return given
        known = [*s.builtins.types.values(), *s.catalogue.types.values()]
        # a range of the user's goes with a multirange of the user's
        types = known if given.type.schema == "pg_catalog" else reversed(known)
        return next((TypeRef(t) for t in types if t.kind == kind and t.base and same(t.base, element)), None)
    return element


def operator(s: Session, sign: str, left: TypeRef | None, right: TypeRef) -> TypeRef | None:
    """The type that an operator gives; None where it is not known."""
    rows = s.builtins.operators.get(sign, [])
    given = [right] if left is None else [left, right]
    if left is not None and (left is UNKNOWN) != (right is UNKNOWN):
        # one literal: first taken as of the other's type
        other = (right if left is UNKNOWN else left).root
        exact = _exact(s, rows, [other, other])
        if exact is not None:
            return exact
    exact = _exact(s, rows, [g.root for g in given])
    if exact is not None:
        return exact
    candidates: list[tuple[tuple[TypeRef, ...], TypeRef]] = []
    for first, second, out in rows:
        if (first == "") != (left is None):
            continue
        refs = [_named(s, n) for n in ((second,) if left is None else (first, second))]
        to = _named(s, out)
        if to is not None and all(r is not None for r in refs):
            candidates.append((tuple(r for r in refs if r is not None), to))
    found = choose(s, candidates, [g.root if g is not UNKNOWN else g for g in given])
    if found is not None and found.type.schema == "pg_catalog" and found.type.name in _POLYMORPHIC:
        return _polymorphic(s, found, given)
    return found


def _polymorphic(s: Session, to: TypeRef, given: list[TypeRef]) -> TypeRef | None:
    """`array || element` and operators of ranges: what they give is of the arguments' kind."""
    if to.type.name in _ARRAYS:
        array = next((g for g in given if g.array), None)
        if array is None:
            return None
        others = [TypeRef(g.type) for g in given if g is not UNKNOWN]
        element = common(s, others)
        return TypeRef((element or array).type, (), True)
    return next((bare(g) for g in given if g is not UNKNOWN), None)


def _exact(s: Session, rows: list[tuple[str, str, str]], given: list[TypeRef]) -> TypeRef | None:
    names = [internal(g) for g in given]
    wanted = ("", names[0]) if len(names) == 1 else (names[0], names[1])
    for first, second, out in rows:
        if (first, second) == wanted:
            return _named(s, out)
    return None


def _named(s: Session, name: str) -> TypeRef | None:
    return s.builtins.ref(name) or s.find_type(("", name))


def common(s: Session, given: Sequence[TypeRef | None]) -> TypeRef | None:
    """The type of UNION, CASE, COALESCE, VALUES and ARRAY over these: select_common_type of PostgreSQL."""
    if any(g is None for g in given):
        return None
    refs = [g for g in given if g is not None]
    if not refs:
        return None
    first = refs[0]
    if first is not UNKNOWN and all(same(r, first) for r in refs):
        mods = first.mods if all(r.mods == first.mods for r in refs) else ()
        return TypeRef(first.type, mods, first.array)
    known = [r.root for r in refs if r is not UNKNOWN]
    if not known:
        return UNKNOWN
    chosen = known[0]
    for other in known[1:]:
        if same(chosen, other):
            continue
        a, b = kind_of(s, chosen), kind_of(s, other)
        if a.category != b.category:
            return None
        if not a.preferred and coerces(s, chosen, other) and not coerces(s, other, chosen):
            chosen = other
    return bare(chosen)
