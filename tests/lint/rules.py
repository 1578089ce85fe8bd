"""What the lint enforces, as data. A change here is a change of the architecture: say why beside it."""

# Folder -> what it may include besides itself (the arrows of the architecture diagram).
ARROWS = {
    'model': set(),
    'compose': {'model'},
    'manifest': {'compose', 'model'},
    'plan': {'model'},
    'ports': {'model'},
    'reconcile': {'plan', 'ports', 'model'},
    'adapters': {'ports', 'model'},
    'controller': {'adapters', 'reconcile', 'manifest', 'compose', 'plan', 'ports', 'model'},
}

# No clock, randomness, logging or I/O in these; the same inputs always give the same output.
PURE = {'model', 'compose', 'manifest', 'plan'}

# Only the standard library (and our own headers) in these, but for LIBRARY_EXCEPTIONS.
STANDARD_ONLY = PURE | {'ports', 'reconcile'}

# (file, header prefix, reason). An entry that nothing uses any more is an error.
LIBRARY_EXCEPTIONS = [
    ('src/compose/yaml_parser.cpp', 'yaml-cpp/', 'the one place that knows the YAML library'),
    ('src/compose/port_syntax.cpp', 'arpa/inet.h', 'inet_pton checks the syntax of an address; it does no I/O'),
    ('src/manifest/digest.cpp', 'openssl/', 'SHA-256 and HMAC'),
]

# The files of the controller that may name concrete adapters.
WIRING = ('controller/wiring*.hpp', 'controller/wiring*.cpp', 'controller/main.cpp', 'controller/cli/*')

MAX_LINES = 400

# Of a function in src/ and controller/, from its signature to its closing brace.
MAX_FUNCTION_LINES = 40
# (file:function, reason)
FUNCTION_EXCEPTIONS = []

# Names that say nothing about what is inside.
EMPTY_NAMES = {'util', 'utils', 'common', 'helper', 'helpers', 'misc', 'manager'}
# (file without extension, reason)
NAME_EXCEPTIONS = [
    ('controller/service_manager', 'the service manager is the thing that it talks to (systemd, sd_notify)'),
]

# (pattern, what is wrong, folders or None for all of the program)
BANNED = [
    (r'\bco_(?:await|yield|return)\b', 'a coroutine: gcc 12 destroys temporaries in co_await twice', None),
    (r'(?<![\w:.>])(?:std::|::)?system\s*\(', 'system(): product code starts no shell', None),
    (r'(?<![\w.>])popen\s*\(', 'popen(): product code starts no shell', None),
    (r'(?:::|\.|->|_)now\s*\(\s*\)', 'a clock; time comes in as an argument', PURE),
    (r'\b(?:time|clock_gettime|gettimeofday)\s*\(\s*(?:nullptr|NULL|0|CLOCK_\w+|&)', 'a clock; time comes in as an argument',
     PURE),
    (r'\b(?:s?rand|random|getrandom|drand48)\s*\(|\brandom_device\b|\bmt19937', 'randomness', PURE),
    (r'\bspdlog\b|\bstd::c(?:out|err|log)\b|(?<!\w)f?printf\s*\(', 'logging or output', PURE | {'ports', 'reconcile'}),
    (r'\b(?:std::)?getenv\s*\(', "the process environment", PURE),
]

# Standard headers that mean I/O, time or threads.
IMPURE_HEADERS = {'fstream', 'iostream', 'filesystem', 'random', 'thread', 'mutex', 'future', 'condition_variable',
                  'ctime'}

STANDARD_HEADERS = set('''
algorithm any array atomic barrier bit bitset cassert cctype cerrno cfenv cfloat charconv chrono cinttypes climits
clocale cmath compare complex concepts condition_variable coroutine csetjmp csignal cstdarg cstddef cstdint cstdio
cstdlib cstring ctime cuchar cwchar cwctype deque exception execution filesystem format forward_list fstream functional
future initializer_list iomanip ios iosfwd iostream istream iterator latch limits list locale map memory
memory_resource mutex new numbers numeric optional ostream queue random ranges ratio regex scoped_allocator semaphore
set shared_mutex source_location span sstream stack stdexcept stop_token streambuf string string_view strstream
syncstream system_error thread tuple type_traits typeindex typeinfo unordered_map unordered_set utility valarray
variant vector version
'''.split())
