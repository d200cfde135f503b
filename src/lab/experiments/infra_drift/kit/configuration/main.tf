# A small data platform: roles, schemas with grants, databases, buckets with policies; `copies` of each.
# The providers are those of ../provider. With the published ones in their place only the two sources change
# (cyrilgdn/postgresql and hashicorp/aws; for a store other than AWS `provider "aws"` then needs s3_use_path_style and
# the skip_ options): resource types and attributes have the same names, and both read the same environment variables.
terraform {
  required_version = ">= 1.8"
  required_providers {
    postgresql = { source = "local/postgresql" }
    aws        = { source = "local/aws" }
  }
  # State in PostgreSQL, locked by advisory locks. Reads PG_CONN_STR and PG_SCHEMA_NAME.
  backend "pg" {}
}

variable "prefix" {
  type    = string
  default = "app"
}

variable "database" {
  type    = string
  default = "postgres"
}

variable "copies" {
  type    = number
  default = 1
}

resource "postgresql_role" "owner" {
  name = "${var.prefix}_owner"
}

resource "postgresql_role" "loader" {
  name = "${var.prefix}_loader"
}

resource "postgresql_role" "reader" {
  count             = var.copies
  name              = "${var.prefix}_reader_${count.index}"
  login             = true
  statement_timeout = 30000
}

resource "postgresql_schema" "mart" {
  count    = var.copies
  name     = "${var.prefix}_mart_${count.index}"
  database = var.database
  owner    = postgresql_role.owner.name
}

resource "postgresql_grant" "read" {
  count       = var.copies
  database    = var.database
  role        = postgresql_role.reader[count.index].name
  schema      = postgresql_schema.mart[count.index].name
  object_type = "schema"
  privileges  = ["USAGE"]
}

resource "postgresql_grant" "write" {
  count       = var.copies
  database    = var.database
  role        = postgresql_role.loader.name
  schema      = postgresql_schema.mart[count.index].name
  object_type = "schema"
  privileges  = ["USAGE", "CREATE"]
}

resource "postgresql_database" "warehouse" {
  count      = var.copies
  name       = "${var.prefix}_warehouse_${count.index}"
  owner      = postgresql_role.owner.name
  lc_collate = "C"
}

# Its owner is not set: what nobody wrote down no plan puts back.
resource "postgresql_database" "scratch" {
  count = var.copies
  name  = "${var.prefix}_scratch_${count.index}"
}

resource "aws_s3_bucket" "lake" {
  count  = var.copies
  bucket = "${var.prefix}-lake-${count.index}"
}

resource "aws_s3_bucket_policy" "lake" {
  count  = var.copies
  bucket = aws_s3_bucket.lake[count.index].bucket
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "PublicRead"
      Effect    = "Allow"
      Principal = "*"
      Action    = ["s3:GetObject"]
      Resource  = ["arn:aws:s3:::${var.prefix}-lake-${count.index}/public/*"]
    }]
  })
}

resource "aws_s3_bucket" "feed" {
  count  = var.copies
  bucket = "${var.prefix}-feed-${count.index}"
}

resource "aws_s3_bucket_policy" "feed" {
  count  = var.copies
  bucket = aws_s3_bucket.feed[count.index].bucket
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "PublicRead"
      Effect    = "Allow"
      Principal = "*"
      Action    = ["s3:GetObject"]
      Resource  = ["arn:aws:s3:::${var.prefix}-feed-${count.index}/public/*"]
    }]
  })
}

resource "aws_s3_bucket" "archive" {
  count  = var.copies
  bucket = "${var.prefix}-archive-${count.index}"
}
