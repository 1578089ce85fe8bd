#pragma once

#include "compose/node.hpp"
#include "compose/report.hpp"

namespace plimsoll::compose {

/// Turns the short forms of a document into the long ones: ports, volumes, devices, secrets, configs, depends_on,
/// networks, env_file, label_file, gpus, build, external. Values of a wrong kind are left for the type check.
/// With `strict`, what Compose ignores silently (volume options) is an error.
void make_canonical(Node& document, bool strict, Report& report);

/// Adds the defaults of Compose where a long form leaves something out: `mode` and `protocol` of ports, targets of
/// secrets, counts of device requests, `create_host_path`, the build context.
void add_defaults(Node& document);

}  // namespace plimsoll::compose
