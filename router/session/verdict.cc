// What is refused may be wrong as well: then PostgreSQL's own error is the better answer.

#include "router/session/session.hpp"

namespace pgshoal::session {
namespace {

// Statements that a server analyses when they are prepared, without running anything.
bool IsAnalysed(std::string_view command) {
  return command == "SELECT" || command == "INSERT" || command == "UPDATE" || command == "DELETE" || command == "MERGE";
}

}  // namespace

net::Task<SqlError> Session::Verdict(const plan::Plan& plan, std::string_view text, int position_shift,
                                     const std::vector<Oid>& types, const SqlError& refusal) {
  const ShardId home = Current()->map->home();
  if (!IsAnalysed(plan.command) || failed_ || skip_until_sync_) co_return refusal;
  // In the middle of a batch nobody can be asked: an error there would belong to the batch.
  for (const auto& backend : backends_) {
    if (backend->in_batch || backend->Busy() || backend->lost) co_return refusal;
  }
  absl::StatusOr<Backend*> enlisted = co_await Enlist(home, Intent::kRead);
  if (!enlisted.ok()) co_return refusal;
  Backend& backend = **enlisted;
  backend.error.reset();
  backend.unnamed_statement = 0;
  wire::AppendParse(backend.Output(), "", text, types);
  backend.Expect(Request::kParse, Handling::kSwallow);
  wire::AppendSync(backend.Output());
  backend.Expect(Request::kSync, Handling::kSwallow);
  co_await AwaitAnswers();
  if (backend.lost || !backend.error.has_value()) co_return refusal;
  SqlError error = *std::move(backend.error);
  backend.error.reset();
  if (error.position > 0) error.position += position_shift;
  co_return error;
}

}  // namespace pgshoal::session
