{#
  The columns of this model's contract, by name, from `relation`: what is agreed stands in one place.

  A type is widened to the agreed one where nothing can be lost (a shorter integer, a bounded text, fewer digits). Any other type passes
  as it is, and a missing column is left out, so that the contract fails and names the column. A cast would hide it.
#}
{% macro agreed(relation) %}
  {%- set wanted, selected = {}, [] -%}
  {%- for column in model.columns.values() -%}
    {%- set name = adapter.quote(column.name) if column.quote else column.name -%}
    {%- do wanted.update({shop_orders.compared(column.name): {'name': name, 'type': column.data_type}}) -%}
  {%- endfor -%}
  {%- if not execute or var('shop_staging', 'agreed') == 'cast' -%}
    {%- for column in wanted.values() -%}
      {%- do selected.append('cast(' ~ column.name ~ ' as ' ~ column.type ~ ') as ' ~ column.name) -%}
    {%- endfor -%}
  {%- else -%}
    {%- for found in adapter.get_columns_in_relation(relation) if shop_orders.compared(found.name) in wanted -%}
      {%- set column = wanted[shop_orders.compared(found.name)] -%}
      {%- do selected.append(shop_orders.widened(column.name, found, column.type)) -%}
    {%- endfor -%}
    {%- if not selected -%}
      {%- do exceptions.raise_compiler_error(relation ~ ' has none of the columns ' ~ wanted | join(', ')) -%}
    {%- endif -%}
  {%- endif -%}
  select {{ selected | join(', ') }} from {{ relation }}
{%- endmacro %}

{# A name as the database tells names apart: DuckDB by their letters alone. #}
{% macro compared(name) %}{{ return(name | lower if target.type == 'duckdb' else name) }}{% endmacro %}

{% macro widened(name, found, wanted) %}
  {#- By each name that a contract may give the agreed type, in any case. -#}
  {%- set integers = ['smallint', 'integer', 'tinyint', 'utinyint', 'usmallint', 'uinteger'] -%}
  {%- set texts = ['text', 'character varying', 'varchar', 'character', 'char', 'bpchar'] -%}
  {%- set narrower = {
    'bigint': integers, 'int8': integers, 'text': texts, 'varchar': texts, 'character varying': texts, 'string': texts,
  } -%}
  {%- set base = (found.dtype | lower).split('(')[0] -%}
  {%- if base in narrower.get(wanted | lower | trim, []) or (base in ['numeric', 'decimal'] and shop_orders.holds_all_of(wanted, found)) -%}
    cast({{ name }} as {{ wanted }}) as {{ name }}
  {%- else -%}
    {{ name }}
  {%- endif -%}
{%- endmacro %}

{# True if a numeric type has at least as many digits as `found`, before and after the point. #}
{% macro holds_all_of(wanted, found) %}
  {%- set wanted = wanted | lower | trim -%}
  {%- set has, needs = modules.re.findall('[0-9]+', wanted), modules.re.findall('[0-9]+', found.data_type) -%}
  {%- if not wanted.startswith(('numeric', 'decimal')) or has | length < 2 or needs | length < 2 -%}{{ return(false) }}{%- endif -%}
  {%- set before = has[0] | int - has[1] | int >= needs[0] | int - needs[1] | int -%}
  {{ return(before and has[1] | int >= needs[1] | int) }}
{% endmacro %}
