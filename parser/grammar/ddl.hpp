#pragma once
// Parsers that only the files of DDL use.
// gram.y's rules that have no name of their own here: OnCommitOption, opt_if_exists, opt_if_not_exists.

#include "parser/grammar/rules.hpp"

namespace pgshoal::parser::grammar {

// OptTemp, then the body; Function(target, persistence) stores what was read.
template <auto Function, class P>
struct Persistent : Base<Persistent<Function, P>> {
  P body;
  constexpr explicit Persistent(P p) : body(p) {}
  template <class R, class A>
  bool parse(It& first, It const& last, const Ctx& ctx, R& target, A&) const {
    char persistence = 'p';
    if (!ParseRule(opt_temp, first, last, ctx, persistence)) return false;
    if (!body.parse(first, last, ctx, target, x3::unused)) return false;
    Function(target, persistence);
    return true;
  }
};
template <auto Function, class P>
constexpr auto persistent(P p) { return Persistent<Function, P>(p); }

inline constexpr auto OnCommit = ON >> COMMIT >> choose(
    when<DROP>(DROP >> give<OnCommitAction::ONCOMMIT_DROP>),
    when<DELETE_P>(DELETE_P >> ROWS >> give<OnCommitAction::ONCOMMIT_DELETE_ROWS>),
    when<PRESERVE>(PRESERVE >> ROWS >> give<OnCommitAction::ONCOMMIT_PRESERVE_ROWS>));

// What ConstraintAttributeSpec collects.
enum : int32_t {
  kNotDeferrable = 1, kDeferrable = 2, kInitiallyImmediate = 4, kInitiallyDeferred = 8, kNotValid = 16, kNoInherit = 32
};

// IF EXISTS, stored into a flag.
template <auto Field>
inline constexpr auto if_exists = opt2<IF_P, EXISTS>(IF_P >> EXISTS >> put<Field>);
// The same where no name may stand, so that IF can only begin this.
template <auto Field>
inline constexpr auto only_if_exists = opt<IF_P>(IF_P >> EXISTS >> put<Field>);
template <auto Field>
inline constexpr auto only_if_not_exists = opt<IF_P>(IF_P >> NOT >> EXISTS >> put<Field>);

// Stores a reference into a statement about the object.
template <class Statement>
bool Refer(ParseContext&, It, It, ObjectRef& object, Statement& statement) {
  statement.objtype = object.type;
  statement.object = object.object;
  return true;
}

// What a statement is about, by the words behind CREATE [OR REPLACE] [TEMP | UNLOGGED …].
inline It CreatedObject(It create) {
  It p = create + 1;
  if (p->kind == Tok::OR && p[1].kind == Tok::REPLACE) p += 2;
  if ((p->kind == Tok::LOCAL || p->kind == Tok::GLOBAL) && (p[1].kind == Tok::TEMP || p[1].kind == Tok::TEMPORARY)) ++p;
  if (p->kind == Tok::TEMP || p->kind == Tok::TEMPORARY || p->kind == Tok::UNLOGGED) ++p;
  return p;
}
template <class P, Tok... K>
struct WhenCreates {
  P body;
  static bool Matches(It first) {
    It object = CreatedObject(first);
    return ((object->kind == K) || ...);
  }
  static It Read(It first) {
    if (first->kind != Tok::CREATE) return first;
    It p = first + 1;
    if (p->kind == Tok::OR && p[1].kind == Tok::REPLACE) p += 2;
    bool half_or = p == first + 1 && p->kind == Tok::OR;
    bool half_temp = (p->kind == Tok::LOCAL || p->kind == Tok::GLOBAL) && p[1].kind != Tok::TEMP && p[1].kind != Tok::TEMPORARY;
    return half_or || half_temp ? p + 1 : CreatedObject(first);
  }
};
// CREATE or DROP USER MAPPING; a role may be called mapping.
template <class P>
struct WhenMapping {
  P body;
  constexpr explicit WhenMapping(P p) : body(p) {}
  static bool Matches(It first) {
    return first[1].kind == Tok::USER && first[2].kind == Tok::MAPPING &&
           (first[3].kind == Tok::FOR || first[3].kind == Tok::IF_P);
  }
};

// GRANT … ON is about privileges; without ON, about roles.
struct OnAhead {
  static bool Matches(It first) {
    if (first[1].kind == Tok::ALL || first[1].kind == Tok::GRANT) return true;
    if (first->kind == Tok::REVOKE && first[1].kind == Tok::ADMIN && first[2].kind == Tok::OPTION) return false;
    for (It p = first;; ++p) {
      switch (p->kind) {
        case Tok::ON: return true;
        case Tok::TO: case Tok::FROM: case Tok::SEMICOLON: case Tok::END: case Tok::INVALID: return false;
        default: break;
      }
    }
  }
};
template <class P>
struct WhenOn : OnAhead {
  P body;
  constexpr explicit WhenOn(P p) : body(p) {}
};

template <Tok... K, class P>
constexpr auto creates(P p) { return WhenCreates<P, K...>{p}; }

}  // namespace pgshoal::parser::grammar
