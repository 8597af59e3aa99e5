/* src/ecsql/grammar.y - the grammar of ECSQL queries: tokens to a tree. Input for lemon.
 *
 * It reads more than ECSQL allows: values and conditions are one kind of expression here, which keeps
 * the grammar free of conflicts. shape.c refuses what may not stand where it stands. The tree is made
 * by build.c; its functions answer NULL once something failed and take NULL, so that actions need not
 * look.
 */
%name ecsql_parser_
%token_prefix ECSQL_TK_
%token_type { struct ecsql_token }
%extra_argument { struct ecsql_build *p }
%stack_size 1000
%start_symbol statement

%include {
#include <string.h>

#include "build.h"
}

%syntax_error { build_syntax_error(p, &TOKEN); (void)yymajor; }
%stack_overflow { build_too_deep(p); }

%default_type { struct ecsql_node * }
%type query { struct ecsql_query * }
%type selects { struct ecsql_query * }
%type with { struct ecsql_query * }
%type select { struct ecsql_select * }
%type select_head { struct ecsql_select * }
%type set_op { enum ecsql_op }
%type quantifier { enum ecsql_op }
%type only { enum ecsql_op }
%type plus_only { enum ecsql_op }
%type order_way { enum ecsql_op }
%type nulls { enum ecsql_op }
%type compare_op { enum ecsql_op }
%type shift_op { enum ecsql_op }
%type add_op { enum ecsql_op }
%type multiply_op { enum ecsql_op }
%type join_op { enum ecsql_op }
%type frame_unit { enum ecsql_op }
%type direction { enum ecsql_op }
%type not { bool }
%type recursive { bool }
%type cte { struct ecsql_cte * }
%type columns { struct ecsql_list }
%type values_rows { struct ecsql_list }
%type exprs { struct ecsql_list }
%type orders { struct ecsql_list }
%type froms { struct ecsql_list }
%type whens { struct ecsql_list }
%type names { struct ecsql_list }
%type path_names { struct ecsql_list }
%type plain_path { struct ecsql_list }
%type types { struct ecsql_list }
%type windows { struct ecsql_list }
%type options { struct ecsql_list }
%type partitions { struct ecsql_list }
%type alias { struct ecsql_token }
%type column_alias { struct ecsql_token }
%type type_word { struct ecsql_token }
%type function_word { struct ecsql_token }
%type aggregate_word { struct ecsql_token }
%type rank_word { struct ecsql_token }
%type window_word { struct ecsql_token }
%type collation { struct ecsql_token }

/* ---- statements ---- */

statement ::= query(Q). { p->tree->query = Q; }
statement ::= PRAGMA NAME(N) pragma_argument(V) pragma_for(F) opts. { build_pragma(p, &N, V, F, false); }
statement ::= PRAGMA NAME(N) EQ pragma_value(V) pragma_for(F) opts. { build_pragma(p, &N, V, F, true); }

pragma_argument(X) ::= . { X = NULL; }
pragma_argument(X) ::= LP pragma_value(V) RP. { X = V; }
pragma_value(X) ::= literal(V). { X = V; }
pragma_value(X) ::= NAME(N). { X = build_name(p, &N); }
pragma_for(X) ::= . { X = NULL; }
pragma_for(X) ::= FOR plain_path(P). { X = build_path(p, &P); }

query(X) ::= selects(Q). { X = Q; }
query(X) ::= with(W) selects(Q). { X = build_with(p, W, Q); }

with(X) ::= WITH recursive(R) cte(C). { X = build_with_begin(p, R, C); }
with(X) ::= with(W) COMMA cte(C). { X = build_with_more(W, C); }
recursive(X) ::= . { X = false; }
recursive(X) ::= RECURSIVE. { X = true; }
cte(X) ::= NAME(N) AS LP query(Q) RP. { X = build_cte(p, &N, NULL, Q); }
cte(X) ::= NAME(N) LP names(C) RP AS LP query(Q) RP. { X = build_cte(p, &N, &C, Q); }
names(X) ::= NAME(N). { X = build_list(build_name(p, &N)); }
names(X) ::= names(L) COMMA NAME(N). { X = build_append(L, build_name(p, &N)); }

selects(X) ::= select(S). { X = build_query(p, S); }
selects(X) ::= selects(Q) set_op(O) select(S). { X = build_union(p, Q, O, S); }
set_op(X) ::= UNION. { X = ECSQL_OP_UNION; }
set_op(X) ::= UNION ALL. { X = ECSQL_OP_UNION_ALL; }
set_op(X) ::= INTERSECT. { X = ECSQL_OP_INTERSECT; }
set_op(X) ::= INTERSECT ALL. { X = ECSQL_OP_INTERSECT_ALL; }
set_op(X) ::= EXCEPT. { X = ECSQL_OP_EXCEPT; }
set_op(X) ::= EXCEPT ALL. { X = ECSQL_OP_EXCEPT_ALL; }

/* VALUES (1,2), (3,4) are as many selects. */
select(X) ::= VALUES(T) values_rows(R). { X = build_values(p, &T, R); }
values_rows(X) ::= LP exprs(L) RP. { X = build_list(build_row(p, L)); }
values_rows(X) ::= values_rows(R) COMMA LP exprs(L) RP. { X = build_append(R, build_row(p, L)); }

select(X) ::= select_head(S). { X = S; }
select(X) ::= select_head(S) FROM froms(F) where(W) group(G) having(H) window(N) order(O) limit(L) opts(P).
    { X = build_select(p, S, &(struct ecsql_select){ .from = F.first, .where = W, .group = G,
        .having = H, .windows = N, .order = O, .limit = L, .options = P }); }
select_head(X) ::= SELECT(T) quantifier(Q) columns(C). { X = build_select_head(p, &T, Q, C); }
quantifier(X) ::= . { X = ECSQL_OP_NONE; }
quantifier(X) ::= ALL. { X = ECSQL_OP_ALL; }
quantifier(X) ::= DISTINCT. { X = ECSQL_OP_DISTINCT; }

columns(X) ::= column(C). { X = build_list(C); }
columns(X) ::= columns(L) COMMA column(C). { X = build_append(L, C); }
column(X) ::= expr(E) column_alias(A). { X = build_column(p, E, &A); }
column_alias(X) ::= . { X = (struct ecsql_token){ .at = 0 }; }
column_alias(X) ::= AS NAME(N). { X = N; }
column_alias(X) ::= NAME(N). { X = N; }

where(X) ::= . { X = NULL; }
where(X) ::= WHERE expr(E). { X = E; }
group(X) ::= . { X = NULL; }
group(X) ::= GROUP BY exprs(L). { X = L.first; }
having(X) ::= . { X = NULL; }
having(X) ::= HAVING expr(E). { X = E; }
order(X) ::= . { X = NULL; }
order(X) ::= ORDER BY orders(L). { X = L.first; }
orders(X) ::= order_item(I). { X = build_list(I); }
orders(X) ::= orders(L) COMMA order_item(I). { X = build_append(L, I); }
order_item(X) ::= expr(E) order_way(W) nulls(N). { X = build_order(p, E, W, N); }
order_way(X) ::= . { X = ECSQL_OP_NONE; }
order_way(X) ::= ASC. { X = ECSQL_OP_ASC; }
order_way(X) ::= DESC. { X = ECSQL_OP_DESC; }
nulls(X) ::= . { X = ECSQL_OP_NONE; }
nulls(X) ::= NULLS FIRST. { X = ECSQL_OP_FIRST; }
nulls(X) ::= NULLS LAST. { X = ECSQL_OP_LAST; }
limit(X) ::= . { X = NULL; }
limit(X) ::= LIMIT expr(E). { X = build_limit(p, E, NULL); }
limit(X) ::= LIMIT expr(E) OFFSET expr(F). { X = build_limit(p, E, F); }

opts(X) ::= . { X = NULL; }
opts(X) ::= ECSQLOPTIONS options(L). { X = L.first; }
options(X) ::= option(O). { X = build_list(O); }
options(X) ::= options(L) option(O). { X = build_append(L, O); }
option(X) ::= NAME(N). { X = build_option(p, &N, NULL); }
option(X) ::= NAME(N) EQ option_value(V). { X = build_option(p, &N, V); }
option(X) ::= NAME(N) EQ NAME(V). { X = build_option(p, &N, build_name(p, &V)); }

/* ---- FROM ---- */

froms(X) ::= from(F). { X = build_list(F); }
froms(X) ::= froms(L) COMMA from(F). { X = build_append(L, F); }
from(X) ::= from_item(F). { X = F; }
from(X) ::= from(A) join_op(O) JOIN from_item(B) ON expr(E). { X = build_join(p, O, A, B, E); }
from(X) ::= from(A) CROSS JOIN from_item(B). { X = build_join(p, ECSQL_OP_CROSS, A, B, NULL); }
from(X) ::= from(A) NATURAL(T) join_op JOIN from_item(B). { X = build_natural(p, &T, A, B); }
from(X) ::= from(A) join_op(O) JOIN from_item(B) USING class_path(C) alias(N) direction(D).
    { X = build_using(p, build_join(p, O, A, B, build_alias(C, &N)), D); }
from(X) ::= from(A) join_op JOIN from_item USING(T) LP names RP. { X = build_using_columns(p, &T, A); }
join_op(X) ::= . { X = ECSQL_OP_INNER; }
join_op(X) ::= INNER. { X = ECSQL_OP_INNER; }
join_op(X) ::= LEFT outer. { X = ECSQL_OP_LEFT; }
join_op(X) ::= RIGHT outer. { X = ECSQL_OP_RIGHT; }
join_op(X) ::= FULL outer. { X = ECSQL_OP_FULL; }
outer ::= .
outer ::= OUTER.
direction(X) ::= . { X = ECSQL_OP_NONE; }
direction(X) ::= FORWARD. { X = ECSQL_OP_ASC; }
direction(X) ::= BACKWARD. { X = ECSQL_OP_DESC; }

from_item(X) ::= plus_only(O) class_path(C) alias(A). { X = build_alias(build_only(C, O), &A); }
from_item(X) ::= plus_only plain_path(P) LP exprs(L) RP alias(A).
    { X = build_alias(build_function(p, &P, &L), &A); }
from_item(X) ::= plus_only plain_path(P) LP RP alias(A).
    { X = build_alias(build_function(p, &P, NULL), &A); }
from_item(X) ::= plus_only(O) subquery(Q) alias(A). { X = build_alias(build_derived(p, O, Q), &A); }
class_path(X) ::= plain_path(P). { X = build_class(p, &P); }
alias(X) ::= . { X = (struct ecsql_token){ .at = 0 }; }
alias(X) ::= AS NAME(N). { X = N; }
alias(X) ::= NAME(N). { X = N; }
only(X) ::= ONLY. { X = ECSQL_OP_ONLY; }
only(X) ::= ALL. { X = ECSQL_OP_ALL; }
plus_only(X) ::= . { X = ECSQL_OP_NONE; }
plus_only(X) ::= PLUS. { X = ECSQL_OP_PLUS; }
plus_only(X) ::= only(O). { X = O; }
plus_only(X) ::= PLUS only(O). { X = O == ECSQL_OP_ONLY ? ECSQL_OP_PLUS_ONLY : ECSQL_OP_PLUS_ALL; }
plus_only(X) ::= only(O) PLUS. { X = O; }
plain_path(X) ::= NAME(N). { X = build_list(build_name(p, &N)); }
plain_path(X) ::= plain_path(L) DOT NAME(N). { X = build_append(L, build_name(p, &N)); }
plain_path(X) ::= plain_path(L) COLON NAME(N). { X = build_append(L, build_colon_name(p, &N)); }

/* ---- expressions, the weakest operator first ---- */

expr(X) ::= or_expr(E). { X = E; }
or_expr(X) ::= and_expr(E). { X = E; }
or_expr(X) ::= or_expr(A) OR and_expr(B). { X = build_logic(p, ECSQL_OP_OR, A, B); }
and_expr(X) ::= not_expr(E). { X = E; }
and_expr(X) ::= and_expr(A) AND not_expr(B). { X = build_logic(p, ECSQL_OP_AND, A, B); }
not_expr(X) ::= test(E). { X = E; }
not_expr(X) ::= NOT(T) test(E). { X = build_not(p, &T, E); }
not(X) ::= . { X = false; }
not(X) ::= NOT. { X = true; }

test(X) ::= concat(E). { X = E; }
test(X) ::= test(A) compare_op(O) concat(B). { X = build_compare(p, O, A, B); }
test(X) ::= test(A) compare_op(O) ALL subquery(Q). { X = build_quantified(p, O, A, ECSQL_OP_ALL, Q); }
test(X) ::= test(A) compare_op(O) ANY subquery(Q). { X = build_quantified(p, O, A, ECSQL_OP_ANY, Q); }
test(X) ::= test(A) compare_op(O) SOME subquery(Q). { X = build_quantified(p, O, A, ECSQL_OP_SOME, Q); }
test(X) ::= test(A) not(N) BETWEEN concat(B) AND concat(C). { X = build_between(p, A, N, B, C); }
test(X) ::= test(A) not(N) LIKE concat(B) escape(C). { X = build_like(p, A, N, B, C); }
test(X) ::= test(A) not(N) IN LP exprs(L) RP. { X = build_in(p, A, N, L.first); }
test(X) ::= test(A) not(N) IN subquery(Q). { X = build_in(p, A, N, Q); }
test(X) ::= test(A) not(N) MATCH concat(B). { X = build_match(p, A, N, B); }
test(X) ::= test(A) IS not(N) concat(B). { X = build_is(p, A, N, B); }
test(X) ::= test(A) IS not(N) UNKNOWN(T). { X = build_is(p, A, N, build_unknown(p, &T)); }
test(X) ::= test(A) IS not(N) LP types(L) RP. { X = build_is_types(p, A, N, L); }
test(X) ::= EXISTS subquery(Q). { X = build_exists(p, Q); }
test(X) ::= UNIQUE(T) subquery(Q). { X = build_unique(p, &T, Q); }
compare_op(X) ::= EQ. { X = ECSQL_OP_EQ; }
compare_op(X) ::= NE. { X = ECSQL_OP_NE; }
compare_op(X) ::= LT. { X = ECSQL_OP_LT; }
compare_op(X) ::= LE. { X = ECSQL_OP_LE; }
compare_op(X) ::= GT. { X = ECSQL_OP_GT; }
compare_op(X) ::= GE. { X = ECSQL_OP_GE; }
escape(X) ::= . { X = NULL; }
escape(X) ::= ESCAPE concat(E). { X = E; }
/* One class without ONLY reads like a value in parentheses: build_is looks. */
types(X) ::= type_only(A). { X = build_list(A); }
types(X) ::= types(L) COMMA type_any(A). { X = build_append(L, A); }
types(X) ::= path(A) COMMA type_any(B). { X = build_append(build_list(build_class_of(p, A)), B); }
type_any(X) ::= path(A). { X = build_class_of(p, A); }
type_any(X) ::= type_only(A). { X = A; }
type_only(X) ::= only(O) class_path(C). { X = build_only(C, O); }

concat(X) ::= bits(E). { X = E; }
concat(X) ::= concat(A) CONCAT bits(B). { X = build_chain(p, ECSQL_OP_CONCAT, A, B); }
bits(X) ::= add(E). { X = E; }
bits(X) ::= bits(A) shift_op(O) add(B). { X = build_chain(p, O, A, B); }
shift_op(X) ::= SHIFT_LEFT. { X = ECSQL_OP_SHIFT_LEFT; }
shift_op(X) ::= SHIFT_RIGHT. { X = ECSQL_OP_SHIFT_RIGHT; }
shift_op(X) ::= BIT_OR. { X = ECSQL_OP_BIT_OR; }
shift_op(X) ::= BIT_AND. { X = ECSQL_OP_BIT_AND; }
add(X) ::= multiply(E). { X = E; }
add(X) ::= add(A) add_op(O) multiply(B). { X = build_chain(p, O, A, B); }
add_op(X) ::= PLUS. { X = ECSQL_OP_ADD; }
add_op(X) ::= MINUS. { X = ECSQL_OP_SUBTRACT; }
multiply(X) ::= factor(E). { X = E; }
multiply(X) ::= multiply(A) multiply_op(O) factor(B). { X = build_chain(p, O, A, B); }
multiply_op(X) ::= STAR. { X = ECSQL_OP_MULTIPLY; }
multiply_op(X) ::= SLASH. { X = ECSQL_OP_DIVIDE; }
multiply_op(X) ::= PERCENT. { X = ECSQL_OP_MODULO; }
factor(X) ::= primary(E). { X = E; }
factor(X) ::= MINUS(T) primary(E). { X = build_unary(p, &T, ECSQL_OP_SUBTRACT, E); }
factor(X) ::= PLUS(T) primary(E). { X = build_unary(p, &T, ECSQL_OP_ADD, E); }
factor(X) ::= BIT_NOT(T) primary(E). { X = build_unary(p, &T, ECSQL_OP_BIT_NOT, E); }

exprs(X) ::= expr(E). { X = build_list(E); }
exprs(X) ::= exprs(L) COMMA expr(E). { X = build_append(L, E); }

primary(X) ::= literal(E). { X = E; }
primary(X) ::= LP expr(E) RP. { X = build_parens(p, E); }
primary(X) ::= subquery(Q). { X = Q; }
primary(X) ::= QUESTION(T). { X = build_param(p, &T, NULL); }
primary(X) ::= COLON(T) NAME(N). { X = build_param(p, &T, &N); }
primary(X) ::= path(E). { X = E; }
primary(X) ::= path(A) ARROW path(B). { X = build_extract(p, A, B, false); }
primary(X) ::= path(A) ARROW path(B) QUESTION. { X = build_extract(p, A, B, true); }
primary(X) ::= DATE(T) STRING(S). { X = build_datetime(p, &T, &S, WEH_EC_DT_DATE_ONLY); }
primary(X) ::= TIME(T) STRING(S). { X = build_datetime(p, &T, &S, WEH_EC_DT_TIME_OF_DAY); }
primary(X) ::= TIMESTAMP(T) STRING(S). { X = build_datetime(p, &T, &S, WEH_EC_DT_UNSPECIFIED); }
primary(X) ::= CURRENT_DATE(T). { X = build_now(p, &T, WEH_EC_DT_DATE_ONLY); }
primary(X) ::= CURRENT_TIME(T). { X = build_now(p, &T, WEH_EC_DT_TIME_OF_DAY); }
primary(X) ::= CURRENT_TIMESTAMP(T). { X = build_now(p, &T, WEH_EC_DT_UTC); }
primary(X) ::= CASE(T) whens(W) END. { X = build_case(p, &T, W, NULL); }
primary(X) ::= CASE(T) whens(W) ELSE expr(E) END. { X = build_case(p, &T, W, E); }
primary(X) ::= CAST(T) LP expr(E) AS type_word(N) RP. { X = build_cast(p, &T, E, NULL, &N); }
primary(X) ::= CAST(T) LP expr(E) AS NAME(N) RP. { X = build_cast(p, &T, E, NULL, &N); }
primary(X) ::= CAST(T) LP expr(E) AS NAME(S) DOT NAME(N) RP. { X = build_cast(p, &T, E, &S, &N); }
primary(X) ::= IIF(T) LP expr(A) COMMA expr(B) COMMA expr(C) RP. { X = build_iif(p, &T, A, B, C); }
primary(X) ::= call(E). { X = E; }
primary(X) ::= NAVIGATION_VALUE(T) LP path(A) COMMA expr(B) RP.
    { X = build_nav_value(p, &T, A, build_list(B)); }
primary(X) ::= NAVIGATION_VALUE(T) LP path(A) COMMA expr(B) COMMA expr(C) RP.
    { X = build_nav_value(p, &T, A, build_append(build_list(B), C)); }

option_value(X) ::= NULL(T). { X = build_literal(p, &T, ECSQL_NULL); }
option_value(X) ::= TRUE(T). { X = build_literal(p, &T, ECSQL_BOOL); }
option_value(X) ::= FALSE(T). { X = build_literal(p, &T, ECSQL_BOOL); }
option_value(X) ::= INTEGER(T). { X = build_literal(p, &T, ECSQL_INTEGER); }
option_value(X) ::= REAL(T). { X = build_literal(p, &T, ECSQL_REAL); }

literal(X) ::= NULL(T). { X = build_literal(p, &T, ECSQL_NULL); }
literal(X) ::= TRUE(T). { X = build_literal(p, &T, ECSQL_BOOL); }
literal(X) ::= FALSE(T). { X = build_literal(p, &T, ECSQL_BOOL); }
literal(X) ::= INTEGER(T). { X = build_literal(p, &T, ECSQL_INTEGER); }
literal(X) ::= REAL(T). { X = build_literal(p, &T, ECSQL_REAL); }
literal(X) ::= STRING(T). { X = build_literal(p, &T, ECSQL_STRING); }

subquery(X) ::= LP query(Q) RP. { X = build_subquery(p, Q); }

whens(X) ::= WHEN(T) expr(A) THEN expr(B). { X = build_list(build_when(p, &T, A, B)); }
whens(X) ::= whens(L) WHEN(T) expr(A) THEN expr(B). { X = build_append(L, build_when(p, &T, A, B)); }

path(X) ::= path_names(L). { X = build_path(p, &L); }
path_names(X) ::= path_name(N). { X = build_list(N); }
path_names(X) ::= path_names(L) DOT path_name(N). { X = build_append(L, N); }
path_names(X) ::= path_names(L) COLON NAME(N). { X = build_append(L, build_colon_name(p, &N)); }
path_name(X) ::= NAME(N). { X = build_name(p, &N); }
path_name(X) ::= STAR(T). { X = build_special_name(p, &T, ECSQL_OP_STAR); }
path_name(X) ::= DOLLAR(T). { X = build_special_name(p, &T, ECSQL_OP_DOLLAR); }

/* ---- functions and windows ---- */

call(X) ::= function_word(N) LP RP. { X = build_call(p, &N, ECSQL_OP_NONE, NULL); }
call(X) ::= function_word(N) LP quantifier(Q) exprs(L) RP. { X = build_call(p, &N, Q, &L); }
call(X) ::= aggregate(E). { X = E; }
call(X) ::= aggregate(E) filter(F) OVER window_use(W). { X = build_over(p, E, F, W); }
call(X) ::= window_call(E) filter(F) OVER window_use(W). { X = build_over(p, E, F, W); }
function_word(X) ::= NAME(N). { X = N; }
function_word(X) ::= RTRIM(N). { X = N; }

aggregate(X) ::= aggregate_word(N) LP quantifier(Q) exprs(L) RP. { X = build_aggregate(p, &N, Q, &L); }
aggregate(X) ::= ANY(N) LP quantifier(Q) exprs(L) RP. { X = build_aggregate(p, &N, Q, &L); }
aggregate(X) ::= SOME(N) LP quantifier(Q) exprs(L) RP. { X = build_aggregate(p, &N, Q, &L); }
aggregate_word(X) ::= COUNT|MIN|MAX|AVG|SUM|TOTAL|EVERY|GROUP_CONCAT(N). { X = N; }

window_call(X) ::= rank_word(N) LP RP. { X = build_aggregate(p, &N, ECSQL_OP_NONE, NULL); }
window_call(X) ::= window_word(N) LP exprs(L) RP. { X = build_aggregate(p, &N, ECSQL_OP_NONE, &L); }
rank_word(X) ::= RANK|DENSE_RANK|PERCENT_RANK|CUME_DIST|ROW_NUMBER(N). { X = N; }
window_word(X) ::= NTILE|LEAD|LAG|FIRST_VALUE|LAST_VALUE|NTH_VALUE(N). { X = N; }

filter(X) ::= . { X = NULL; }
filter(X) ::= FILTER LP WHERE expr(E) RP. { X = E; }

window_use(X) ::= NAME(N). { X = build_window_name(p, &N); }
window_use(X) ::= window_spec(W). { X = W; }
window_spec(X) ::= LP(T) partition(P) order(O) frame(F) RP. { X = build_window(p, &T, NULL, P, O, F); }
window_spec(X) ::= LP(T) NAME(N) partition(P) order(O) frame(F) RP. { X = build_window(p, &T, &N, P, O, F); }
window(X) ::= . { X = NULL; }
window(X) ::= WINDOW windows(L). { X = L.first; }
windows(X) ::= window_def(W). { X = build_list(W); }
windows(X) ::= windows(L) COMMA window_def(W). { X = build_append(L, W); }
window_def(X) ::= NAME(N) AS window_spec(W). { X = build_window_def(p, &N, W); }

partition(X) ::= . { X = NULL; }
partition(X) ::= PARTITION BY partitions(L). { X = L.first; }
partitions(X) ::= partition_item(I). { X = build_list(I); }
partitions(X) ::= partitions(L) COMMA partition_item(I). { X = build_append(L, I); }
partition_item(X) ::= path(E). { X = E; }
partition_item(X) ::= path(E) COLLATE collation(C). { X = build_collate(p, E, &C); }
collation(X) ::= KW_BINARY|NOCASE|RTRIM(N). { X = N; }

frame(X) ::= . { X = NULL; }
frame(X) ::= frame_unit(U) frame_start(B) exclude(E). { X = build_frame(p, U, B, NULL, E); }
frame(X) ::= frame_unit(U) BETWEEN frame_from(B) AND frame_to(C) exclude(E). { X = build_frame(p, U, B, C, E); }
frame_unit(X) ::= ROWS. { X = ECSQL_OP_ROWS; }
frame_unit(X) ::= RANGE. { X = ECSQL_OP_RANGE; }
frame_unit(X) ::= GROUPS. { X = ECSQL_OP_GROUPS; }
frame_start(X) ::= UNBOUNDED(T) PRECEDING. { X = build_bound(p, &T, ECSQL_OP_UNBOUNDED_PRECEDING, NULL); }
frame_start(X) ::= CURRENT(T) ROW. { X = build_bound(p, &T, ECSQL_OP_CURRENT_ROW, NULL); }
frame_start(X) ::= concat(E) PRECEDING(T). { X = build_bound(p, &T, ECSQL_OP_PRECEDING, E); }
frame_from(X) ::= frame_start(B). { X = B; }
frame_from(X) ::= concat(E) FOLLOWING(T). { X = build_bound(p, &T, ECSQL_OP_FOLLOWING, E); }
frame_to(X) ::= UNBOUNDED(T) FOLLOWING. { X = build_bound(p, &T, ECSQL_OP_UNBOUNDED_FOLLOWING, NULL); }
frame_to(X) ::= CURRENT(T) ROW. { X = build_bound(p, &T, ECSQL_OP_CURRENT_ROW, NULL); }
frame_to(X) ::= concat(E) PRECEDING(T). { X = build_bound(p, &T, ECSQL_OP_PRECEDING, E); }
frame_to(X) ::= concat(E) FOLLOWING(T). { X = build_bound(p, &T, ECSQL_OP_FOLLOWING, E); }
exclude(X) ::= . { X = NULL; }
exclude(X) ::= EXCLUDE CURRENT(T) ROW. { X = build_word(p, &T, "CURRENT ROW"); }
exclude(X) ::= EXCLUDE GROUP(T). { X = build_word(p, &T, "GROUP"); }
exclude(X) ::= EXCLUDE TIES(T). { X = build_word(p, &T, "TIES"); }
exclude(X) ::= EXCLUDE NO(T) OTHERS. { X = build_word(p, &T, "NO OTHERS"); }

type_word(X) ::= KW_BINARY|BLOB|BOOLEAN|DOUBLE|FLOAT|KW_INTEGER|INT64|LONG|KW_REAL|KW_STRING|DATE|TIME|TIMESTAMP|VARCHAR(N). { X = N; }

/* Words of statements that are refused, and of no use here: names cannot be spelled so. */
%token DELETE INSERT INTO SEMICOLON SET UPDATE VALUE.
