{#
  The columns of this model's contract, by name, from `relation`: what is agreed stands in one place.

  A type is widened to the agreed one where nothing can be lost (a shorter integer, a bounded text). Any other type passes
  as it is, and a missing column is left out, so that the contract fails and names the column. A cast would hide it.
#}
{% macro agreed(relation) %}
  {%- set agreed_types, selected = {}, [] -%}
  {%- for column in model.columns.values() -%}
    {%- do agreed_types.update({column.name: column.data_type}) -%}
  {%- endfor -%}
  {%- if not execute or var('shop_staging') == 'cast' -%}
    {%- for name, data_type in agreed_types.items() -%}
      {%- do selected.append('cast(' ~ name ~ ' as ' ~ data_type ~ ') as ' ~ name) -%}
    {%- endfor -%}
  {%- else -%}
    {%- set found = adapter.get_columns_in_relation(relation) -%}
    {%- for column in found if column.name in agreed_types -%}
      {%- do selected.append(shop_orders.widened(column.name, column.dtype | lower, agreed_types[column.name])) -%}
    {%- endfor -%}
    {%- if not selected -%}
      {%- do exceptions.raise_compiler_error(relation ~ ' has none of the columns ' ~ agreed_types | join(', ')) -%}
    {%- endif -%}
  {%- endif -%}
  select {{ selected | join(', ') }} from {{ relation }}
{%- endmacro %}

{% macro widened(name, found, wanted) %}
  {%- set family = {
    'bigint': ['smallint', 'integer', 'tinyint'],
    'text': ['character varying', 'varchar', 'character', 'char', 'bpchar'],
  } -%}
  {%- if found.split('(')[0] in family.get(wanted, []) -%}
    cast({{ name }} as {{ wanted }}) as {{ name }}
  {%- else -%}
    {{ name }}
  {%- endif -%}
{%- endmacro %}
