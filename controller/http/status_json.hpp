#pragma once

#include <boost/json/fwd.hpp>
#include <string>

#include "controller/control_api.hpp"

namespace plimsoll::controller {

/// The JSON that HTTP and `-o json` show. Fields are only ever added. Text that is not UTF-8 gets U+FFFD; secret tokens
/// are masked.

/// `{"environment","app","instance","sync","health","reason","message","revision","last_attempted_revision",
/// "last_applied_revision","services":[{"name","image","containers":[{"id","name","state","health"}]}],
/// "conditions":[{"type","status","reason","message","observed_revision","transition_time"}]}`; times are RFC 3339 or
/// null.
[[nodiscard]] boost::json::value to_json(const TargetStatus& status);

/// `{"revision","source_error","source_checked","targets":[…],"diagnostics":[…]}`; `source_checked` is RFC 3339 or
/// null.
[[nodiscard]] boost::json::value to_json(const StatusView& view);

/// `{"id","phase","message","targets":[…]}`; each target as in status, plus `step`, `pulling`, `pulled_bytes`,
/// `pull_total_bytes`, `settled`.
[[nodiscard]] boost::json::value to_json(const OperationView& view);

/// `{"revision","targets":[{"environment","app","instance","changes":[{"service","path","before","after","text"}],
/// "steps":[text],"held":[text],"error"}],"diagnostics":[…]}`; an absent side is null.
[[nodiscard]] boost::json::value to_json(const DiffView& view);

/// `{"id","environment","app","instance","revision","author","subject","images","phase","message","started_at",
/// "finished_at"}`; times RFC 3339, `finished_at` null while it runs.
[[nodiscard]] boost::json::value to_json(const ports::HistoryEntry& entry);

/// `{"time","environment","app","instance","type","reason","message","revision","log"}`; `type` is Normal or Warning.
[[nodiscard]] boost::json::value to_json(const Event& event);

/// `{"environment","app","instance","service","container","id","state","text","error"}`
[[nodiscard]] boost::json::value to_json(const ContainerLog& log);

/// `{"severity","file","line","column","path","message","mend","text"}`
[[nodiscard]] boost::json::value to_json(const Diagnostic& diagnostic);

/// Compact text with a final newline.
[[nodiscard]] std::string to_body(const boost::json::value& value);

}  // namespace plimsoll::controller
